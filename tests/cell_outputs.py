"""What cells put out, without what differs from run to run."""

import re

from nbformat import NotebookNode


def lasting(outputs: list[NotebookNode]) -> list[str]:
    """Outputs without places, ids, addresses and times, and however a stream was cut."""
    streams: dict[str, str] = {}
    others = []
    for output in outputs:
        if output.output_type == "stream":
            streams[output.name] = streams.get(output.name, "") + output.text
        else:
            others.append(str(dict(output)))
    return [_masked(text) for text in (*others, str(sorted(streams.items())))]


def _masked(text: str) -> str:
    text = re.sub(r"lab-[\w]+(/runs/lab-\w+)?", "lab-X", text)
    text = re.sub(r"ipykernel_\d+/\d+\.py", "cell.py", text)
    text = re.sub(r"0x[0-9a-f]+", "0x", text)
    return re.sub(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d", "NOW", text)


def tells_of_a_picture_alone(cell: NotebookNode) -> bool:
    """Tell whether a cell puts out a figure's name where the learner was to see the figure."""
    told = [output.data for output in cell.outputs if "data" in output]
    return any(
        data.get("text/plain", "").startswith("<Figure") and "image/png" not in data
        for data in told
    )
