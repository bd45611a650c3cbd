"""Keep a lab's notebook in one form, so that its diffs show what an author changed and no more."""

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.contract.conventions import KERNEL, LANGUAGE, Role, grader_metadata
from autograder.contract.notebooks import (
    grade_id,
    grader_fields,
    is_answer,
    is_grade,
    is_locked,
    metadata_of,
    read_notebook,
    source_text,
)
from autograder.errors import CourseError

_VALID_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
# What editors make up: nbformat's eight hex digits, JupyterLab's UUIDs.
_RANDOM_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){0,3}(-[0-9a-f]{12})?")


def normalised(notebook: NotebookNode) -> NotebookNode:
    """Return `notebook` without outputs, with stable ids and with the metadata that labs need only.

    Graded and locked cells take their grade_id as id. A free cell keeps an id that a person gave
    it; one that an editor made up becomes `AFTER-free-N`, by the cell it follows.
    """
    taken = {name for cell in notebook.cells if (name := _known_to_nbgrader(cell))}
    cells: list[dict[str, Any]] = []
    after = "top"
    for cell in notebook.cells:
        name = _known_to_nbgrader(cell)
        after = name or after
        cells.append(_normalised_cell(cell, name or _free_id(cell, after, taken)))
    result: NotebookNode = nbformat.from_dict(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": dict(KERNEL), "language_info": dict(LANGUAGE)},
            "cells": cells,
        }
    )
    return result


def notebook_text(notebook: NotebookNode) -> str:
    """Give the text of a notebook file: sorted keys, one line of source a line, newline at end."""
    text: str = nbformat.writes(notebook)
    return text.rstrip("\n") + "\n"


def format_file(path: Path, *, write: bool = True) -> bool:
    """Bring the notebook at `path` into form, or only look; tell whether its text differs."""
    text = _formatted_text(path)
    if path.read_text(encoding="utf-8") == text:
        return False
    if write:
        path.write_text(text, encoding="utf-8")
    return True


def is_formatted(path: Path) -> bool:
    """Tell whether the notebook at `path` is in form; change nothing."""
    return not format_file(path, write=False)


def _formatted_text(path: Path) -> str:
    notebook = normalised(read_notebook(path))
    names = [cell.id for cell in notebook.cells]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise CourseError(
            f"{path.name}: two cells have the grade_id {repeated[0]!r}.",
            mend="Give one of the two another, or take it out.",
        )
    return notebook_text(notebook)


def _normalised_cell(cell: Mapping[str, Any], cell_id: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if _known_to_nbgrader(cell):
        metadata["nbgrader"] = grader_metadata(cell_id, _role(cell), _points(cell))
    tags = metadata_of(cell).get("tags")
    if isinstance(tags, list) and tags:
        metadata["tags"] = [str(tag) for tag in tags]
    source = (source_text(cell) or "").replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    kind = cell["cell_type"]
    new = {"cell_type": kind, "id": cell_id, "metadata": metadata, "source": source}
    if kind == "code":
        new |= {"execution_count": None, "outputs": []}
    elif isinstance(cell.get("attachments"), Mapping):
        new["attachments"] = cell["attachments"]
    return new


def _known_to_nbgrader(cell: Mapping[str, Any]) -> str | None:
    """Give the grade_id of a cell that is locked, graded or an answer; other ids mean nothing."""
    return grade_id(cell) if is_answer(cell) or is_grade(cell) or is_locked(cell) else None


def _role(cell: Mapping[str, Any]) -> Role:
    if is_grade(cell):
        return "grade"
    return "answer" if is_answer(cell) else "locked"


def _points(cell: Mapping[str, Any]) -> float:
    points = grader_fields(cell).get("points", 0)
    if not isinstance(points, int | float) or not math.isfinite(points):
        return 0
    return int(points) if points == int(points) else points


def _free_id(cell: Mapping[str, Any], after: str, taken: set[str]) -> str:
    """Find an id for a free cell, and take it."""
    name = cell.get("id")
    given = isinstance(name, str) and _VALID_ID.fullmatch(name) and not _RANDOM_ID.fullmatch(name)
    if not given or name in taken:
        name = _numbered(f"{after[:50]}-free", taken)
    taken.add(str(name))
    return str(name)


def _numbered(stem: str, taken: set[str]) -> str:
    number = 1
    while f"{stem}-{number}" in taken:
        number += 1
    return f"{stem}-{number}"
