"""Build a lab's notebook from its parts, so that nobody writes notebook JSON by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any, Literal

import nbformat
from nbformat import NotebookNode

from autograder.contract.conventions import (
    BEGIN_SOLUTION,
    END_SOLUTION,
    INTRO,
    KERNEL,
    LANGUAGE,
    LOAD_LINE,
    PARAMETERS,
    SETUP,
    Role,
    grade_source,
    grader_metadata,
)
from autograder.contract.formatting import normalised, notebook_text
from autograder.errors import CourseError


@dataclass(frozen=True)
class CellSpec:
    """Describe one cell: its id, what part it plays, its text, and its points if it is graded."""

    id: str
    role: Role
    source: str
    kind: Literal["code", "markdown"] = "code"
    points: float = 0
    tags: tuple[str, ...] = ()


def intro(markdown: str) -> CellSpec:
    """Give the locked introduction, the first cell of a lab."""
    return CellSpec(INTRO, "locked", _tidy(markdown), "markdown")


def parameters(**values: Any) -> CellSpec:
    """Give the locked parameters cell, one `name = value` line each."""
    lines = "\n".join(f"{name} = {value!r}" for name, value in values.items())
    return CellSpec(PARAMETERS, "locked", lines, tags=("parameters",))


def setup(imports: str) -> CellSpec:
    """Give the locked setup cell: the grader's extension, then `imports`."""
    return CellSpec(SETUP, "locked", f"{LOAD_LINE}\n\n{_tidy(imports)}".strip())


def text(task: str, markdown: str) -> CellSpec:
    """Give the locked cell that says what `task` asks, why, and the contract of its function."""
    return CellSpec(f"{task}-text", "locked", _tidy(markdown), "markdown")


def locked(cell_id: str, source: str, *, kind: Literal["code", "markdown"] = "code") -> CellSpec:
    """Give any other cell the learner reads or runs but does not write."""
    return CellSpec(cell_id, "locked", _tidy(source), kind)


def answer(task: str, source: str, *, part: str = "") -> CellSpec:
    """Give an answer cell, `TASK-answer` or `TASK-answer-PART`, whose source marks its solution.

    Signature and docstring stand outside the `### BEGIN SOLUTION` … `### END SOLUTION` region,
    since what is inside is what a release takes out.
    """
    cell_id = f"{task}-answer-{part}" if part else f"{task}-answer"
    if BEGIN_SOLUTION not in source or END_SOLUTION not in source:
        raise CourseError(
            f"{cell_id}: the answer has no solution region.",
            mend=f"Put the official answer between {BEGIN_SOLUTION} and {END_SOLUTION}.",
        )
    return CellSpec(cell_id, "answer", _tidy(source))


def free(cell_id: str, source: str = "", *, kind: Literal["code", "markdown"] = "code") -> CellSpec:
    """Give a cell to play in; it is released as it stands and never graded."""
    return CellSpec(cell_id, "free", _tidy(source), kind)


def grade(task: str, points: float) -> CellSpec:
    """Give the grade cell of `task`, worth `points`, which runs the task's checks."""
    return CellSpec(task, "grade", grade_source(task), points=points)


def build_notebook(cells: Sequence[CellSpec]) -> NotebookNode:
    """Build a valid notebook from `cells`, in their order; raise CourseError on a repeated id."""
    seen: set[str] = set()
    for spec in cells:
        if spec.id in seen:
            raise CourseError(
                f"Two cells have the id {spec.id!r}.", mend="Give each cell an id of its own."
            )
        seen.add(spec.id)
    notebook: NotebookNode = nbformat.from_dict(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": dict(KERNEL), "language_info": dict(LANGUAGE)},
            "cells": [_cell(spec) for spec in cells],
        }
    )
    nbformat.validate(notebook)
    return notebook


def write_notebook(notebook: NotebookNode, path: Path) -> Path:
    """Write `notebook` to `path` in the form in which labs are committed."""
    path.write_text(notebook_text(normalised(notebook)), encoding="utf-8")
    return path


def _cell(spec: CellSpec) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    if spec.role != "free":
        metadata["nbgrader"] = grader_metadata(spec.id, spec.role, spec.points)
    if spec.tags:
        metadata["tags"] = list(spec.tags)
    cell = {"cell_type": spec.kind, "id": spec.id, "metadata": metadata, "source": spec.source}
    return cell | ({"execution_count": None, "outputs": []} if spec.kind == "code" else {})


def _tidy(source: str) -> str:
    return dedent(source).strip("\n")
