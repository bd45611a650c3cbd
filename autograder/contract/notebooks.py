"""Read notebooks and tell their cells apart."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.contract.conventions import PARAMETERS
from autograder.errors import CourseError

MAX_NOTEBOOK_BYTES = 20 << 20
MAX_CELLS = 2_000
CELL_KINDS = ("code", "markdown", "raw")
_RESTORE = "Open it in JupyterLab and save it again, or take the copy that was released."


def grade_id(cell: Mapping[str, Any]) -> str | None:
    """Give the nbgrader id of `cell`, or None for a cell that nbgrader does not know."""
    found = grader_fields(cell).get("grade_id")
    return found if isinstance(found, str) and found else None


def is_answer(cell: Mapping[str, Any]) -> bool:
    """Tell whether the learner writes `cell`."""
    return grader_fields(cell).get("solution") is True


def is_grade(cell: Mapping[str, Any]) -> bool:
    """Tell whether nbgrader gives points at `cell`."""
    return grader_fields(cell).get("grade") is True


def is_locked(cell: Mapping[str, Any]) -> bool:
    """Tell whether nbgrader keeps `cell` as it was released."""
    return grader_fields(cell).get("locked") is True


def is_parameters(cell: Mapping[str, Any]) -> bool:
    """Tell whether `cell` is the one after which other parameters are put."""
    tags = metadata_of(cell).get("tags")
    return isinstance(tags, list) and PARAMETERS in tags


def metadata_of(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the metadata of `cell`, empty where it is no table."""
    found = cell.get("metadata")
    return found if isinstance(found, Mapping) else {}


def grader_fields(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the nbgrader metadata of `cell`, empty where there is none."""
    found = metadata_of(cell).get("nbgrader")
    return found if isinstance(found, Mapping) else {}


def source_text(cell: Mapping[str, Any]) -> str | None:
    """Give the source of `cell` as one string that UTF-8 can hold, or None where it is no text."""
    source = cell.get("source")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    return source.encode("utf-8", "replace").decode() if isinstance(source, str) else None


def cells_by_grade_id(notebook: NotebookNode) -> dict[str, NotebookNode]:
    """Map the grade ids of `notebook` to its cells, the first of each."""
    found: dict[str, NotebookNode] = {}
    for cell in notebook.cells:
        if (name := grade_id(cell)) is not None:
            found.setdefault(name, cell)
    return found


def read_notebook(
    path: Path,
    *,
    strict_ids: bool = False,
    max_bytes: int = MAX_NOTEBOOK_BYTES,
    shown_as: str | None = None,
) -> NotebookNode:
    """Read an nbformat 4 notebook of at most `max_bytes`; raise CourseError saying what is wrong.

    With `strict_ids`, as for the course's own notebooks, a missing or repeated cell id is an error
    too; without, as for what learners hand in, such ids are left for restoring to mend.
    """
    shown = shown_as or path.name
    try:
        with path.open("rb") as stream:
            content = stream.read(max_bytes + 1)
    except OSError as error:
        raise CourseError(
            f"{shown}: cannot be read: {error.strerror}.", mend="See that the file is there."
        ) from error
    if len(content) > max_bytes:
        raise CourseError(
            f"{shown}: is larger than {max_bytes / (1 << 20):g} MB.",
            mend="Clear the outputs of its cells and save it again.",
        )
    return parse_notebook(content, shown, strict_ids=strict_ids)


def parse_notebook(content: bytes, shown: str, *, strict_ids: bool = False) -> NotebookNode:
    """Parse a notebook that errors call `shown`; raise CourseError as read_notebook does."""
    try:
        tree = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise CourseError(f"{shown}: is not a notebook: {_why(error)}.", mend=_RESTORE) from error
    _require_format_4(tree, shown)
    if len(tree["cells"]) > MAX_CELLS:
        raise CourseError(
            f"{shown}: holds {len(tree['cells']):,} cells; {MAX_CELLS:,} is the most.",
            mend="Take out the cells that are not needed, and save it again.",
        )
    for place, cell in enumerate(tree["cells"], start=1):
        _require_cell(cell, f"{shown}: cell {place}")
    if strict_ids:
        _require_ids(tree["cells"], shown)
    tree.setdefault("metadata", {})
    try:
        notebook: NotebookNode = nbformat.from_dict(tree)
    except RecursionError as error:
        raise CourseError(f"{shown}: its metadata are nested too deeply.", mend=_RESTORE) from error
    for cell in notebook.cells:
        cell.source = source_text(cell)
    return notebook


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON at line {error.lineno}, column {error.colno} ({error.msg})"
    if isinstance(error, UnicodeDecodeError):
        return "its text is not UTF-8"
    return "its JSON is nested too deeply or holds a number too long"


def _require_format_4(tree: Any, shown: str) -> None:
    major = tree.get("nbformat") if isinstance(tree, dict) else None
    if type(major) is int and major != 4:
        raise CourseError(
            f"{shown}: is a notebook of nbformat {major}; the course reads nbformat 4.",
            mend="Convert it: jupyter nbconvert --to notebook --nbformat 4 --inplace FILE",
        )
    if major != 4 or not isinstance(tree.get("cells"), list):
        raise CourseError(
            f"{shown}: is JSON, but no notebook: it has no list of cells in nbformat 4.",
            mend=_RESTORE,
        )
    if not isinstance(tree.get("metadata", {}), dict):
        raise CourseError(f"{shown}: its metadata is no table.", mend=_RESTORE)


def _require_cell(cell: Any, place: str) -> None:
    if not isinstance(cell, dict) or cell.get("cell_type") not in CELL_KINDS:
        raise CourseError(f"{place}: is neither code, markdown nor raw.", mend=_RESTORE)
    if source_text(cell) is None:
        raise CourseError(f"{place}: its source is no text.", mend=_RESTORE)


def _require_ids(cells: Iterable[Mapping[str, Any]], shown: str) -> None:
    for what in ("cell id", "grade_id"):
        seen: dict[str, int] = {}
        for place, cell in enumerate(cells, start=1):
            name = cell.get("id") if what == "cell id" else grade_id(cell)
            if what == "cell id" and not (isinstance(name, str) and name):
                raise CourseError(f"{shown}: cell {place} has no id.", mend="Run: lab fmt")
            if isinstance(name, str) and seen.setdefault(name, place) != place:
                raise CourseError(
                    f"{shown}: cells {seen[name]} and {place} share the {what} {name!r}.",
                    mend="Give one of the two another, or take it out.",
                )
