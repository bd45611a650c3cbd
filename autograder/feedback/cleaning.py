"""Rebuild an executed notebook from the parts that may be shown."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

import nbformat

from autograder.feedback.budget import Budget
from autograder.feedback.markup import LONGEST, inert_html
from autograder.recording.marks import Marks
from autograder.scoring import Scorecard

_V4: Any = nbformat.v4  # its constructors carry no types
_GRADE_ID = re.compile(r"[A-Za-z0-9_\-]+")
_HIDDEN = re.compile(
    r"^[ \t]*### BEGIN HIDDEN TESTS.*?(^[ \t]*### END HIDDEN TESTS[^\n]*\n?|\Z)", re.M | re.S
)
_SIGNS = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "image/gif": b"GIF8"}
_PYTHON = {
    "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
    "language_info": {"name": "python", "pygments_lexer": "ipython3"},
}


def presentable(notebook: Mapping[str, Any], card: Scorecard, marks: Marks) -> Any:
    """Give a new notebook with the cells of `notebook`, made of plain text and inert HTML.

    Nothing is carried over by default: sources lose hidden tests, outputs keep the kinds that
    can be made inert, and of the metadata only what places marks and comments is written anew.
    """
    budget = Budget()
    cells = [_cell(cell, card, marks, budget) for cell in notebook.get("cells", [])]
    return _V4.new_notebook(cells=[cell for cell in cells if cell is not None], metadata=_PYTHON)


def _cell(cell: Mapping[str, Any], card: Scorecard, marks: Marks, budget: Budget) -> Any | None:
    source = _HIDDEN.sub("", _text(cell.get("source", ""))).rstrip()
    metadata = _metadata(cell, card, marks)
    kind = cell.get("cell_type")
    if kind == "markdown":
        return _V4.new_markdown_cell(source=budget.markdown(source), metadata=metadata)
    if kind != "code":
        return None
    count = cell.get("execution_count")
    outputs = (_output(output, budget) for output in cell.get("outputs", []))
    return _V4.new_code_cell(
        source=budget.source(source),
        metadata=metadata,
        execution_count=count if isinstance(count, int) else None,
        outputs=[output for output in outputs if output is not None],
    )


def _metadata(cell: Mapping[str, Any], card: Scorecard, marks: Marks) -> dict[str, Any]:
    facts = (cell.get("metadata") or {}).get("nbgrader") or {}
    grade_id = str(facts.get("grade_id", ""))
    task = next((task for task in card.tasks if task.id == grade_id), None)
    graded = bool(facts.get("grade")) and task is not None
    solution = bool(facts.get("solution"))
    if not _GRADE_ID.fullmatch(grade_id) or not (graded or solution):
        return {}
    shown: dict[str, Any] = {"grade_id": grade_id, "grade": graded, "solution": solution}
    if task is not None:
        shown |= {"score": marks.points.get(grade_id, task.points), "points": task.max_points}
    if comment := marks.comments.get(grade_id):
        shown["comment"] = comment
    return {"nbgrader": shown}


def _output(output: Mapping[str, Any], budget: Budget) -> Any | None:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        text = budget.text(_text(output.get("text", "")))
        return _V4.new_output("stream", name=name, text=text)
    if kind == "error":
        lines = [_text(line) for line in output.get("traceback", [])]
        if not lines:
            lines = [f"{_text(output.get('ename', ''))}: {_text(output.get('evalue', ''))}"]
        told = budget.text("\n".join(lines)).split("\n")
        return _V4.new_output("error", ename="", evalue="", traceback=told)
    if kind not in ("display_data", "execute_result", "update_display_data"):
        return None
    data = output.get("data")
    shown = _bundle(data if isinstance(data, Mapping) else {}, budget)
    return _V4.new_output("display_data", data=shown) if shown else None


def _bundle(data: Mapping[str, Any], budget: Budget) -> dict[str, str]:
    """Keep one kind of each output, the richest that can be made inert."""
    for kind, sign in _SIGNS.items():
        if picture := _picture(_text(data.get(kind, "")), sign):
            if kind == "image/gif":
                return {"text/html": f'<img src="data:image/gif;base64,{picture}" alt="output">'}
            return {kind: picture}
    if drawing := _text(data.get("image/svg+xml", "")):
        # As the source of an <img> a drawing can neither run scripts nor fetch anything.
        return (
            {"image/svg+xml": drawing} if len(drawing) <= LONGEST else {"text/plain": "<drawing>"}
        )
    plain = _text(data.get("text/plain", ""))
    html = _text(data.get("text/html", ""))
    if html and budget.allows_html(html):
        return {"text/html": inert_html(html)}
    if html and not plain:
        return {"text/plain": f"({len(html):,} characters of HTML are left out)"}
    markdown = _text(data.get("text/markdown", ""))
    if markdown:
        return {"text/markdown": budget.markdown(markdown)}
    return {"text/plain": budget.text(plain)} if plain else {}


def _picture(encoded: str, sign: bytes) -> str:
    """Give the base64 text of a picture, encoded anew; nothing if it is none of its kind."""
    try:
        content = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        return ""
    return base64.b64encode(content).decode() if content.startswith(sign) else ""


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "".join(map(str, value)) if isinstance(value, list | tuple) else ""
