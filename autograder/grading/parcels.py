"""A submission on its way to another machine, and its findings on their way back, as JSON."""

import base64
import stat
from pathlib import Path

from autograder.grading.intake import MAX_TIMESTAMP_BYTES, TIMESTAMP_FILE, Submission
from autograder.grading.layout import OutputLayout
from autograder.writing import write_in_one_step

Parcel = dict[str, str | None]


def pack_submission(submission: Submission, notebook_name: str, fingerprint: str) -> Parcel:
    """Pack what of a submission is graded; its notebook must be a plain file."""
    stamp = submission.folder / TIMESTAMP_FILE
    return {
        "student": submission.student,
        "fingerprint": fingerprint,
        "notebook": _encoded(submission.folder / notebook_name),
        "timestamp": _encoded(stamp) if _is_small_and_plain(stamp) else None,
    }


def unpack_submission(parcel: Parcel, lab: str, notebook_name: str, room: Path) -> Submission:
    """Lay a packed submission out below `room` as it was handed in."""
    student = parcel["student"] or ""
    folder = room / student / lab
    folder.mkdir(parents=True)
    for name, key in ((notebook_name, "notebook"), (TIMESTAMP_FILE, "timestamp")):
        content = parcel[key]
        if content is not None:
            (folder / name).write_bytes(base64.b64decode(content))
    return Submission(student, lab, folder)


def pack_findings(layout: OutputLayout, student: str, lab: str) -> Parcel:
    """Pack the scorecard of a submission and its executed notebook, if there is one."""
    executed = layout.executed(student, lab)
    return {
        "card": layout.scorecard(student, lab).read_text(encoding="utf-8"),
        "executed": executed.read_text(encoding="utf-8") if executed.is_file() else None,
    }


def unpack_findings(parcel: Parcel, layout: OutputLayout, student: str, lab: str) -> None:
    """Write findings that came from elsewhere as a grader here would have."""
    executed, card = layout.executed(student, lab), layout.scorecard(student, lab)
    # Away first and back last, since it says that everything beside it is there.
    card.unlink(missing_ok=True)
    notebook = parcel["executed"]
    if notebook is None:
        executed.unlink(missing_ok=True)
    else:
        write_in_one_step(executed, notebook)
    write_in_one_step(card, parcel["card"] or "", mode=0o600)


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode("ascii")


def _is_small_and_plain(path: Path) -> bool:
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size <= MAX_TIMESTAMP_BYTES
