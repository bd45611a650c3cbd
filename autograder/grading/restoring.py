"""Put a learner's answers into the notebook as it was released.

The frame is what was released: every cell with a grade_id, in its released order, with its own
metadata. Of a learner's notebook only this is taken over: the source of the answer cells, matched
by grade_id and, where that was lost, by cell id; and the learner's own cells, source and kind
alone, each after the frame cell that it followed. So a shuffled frame comes back in order, and
nothing that a learner wrote moves relative to the cell above it. Grade cells are left out, since
points do not come from them.
"""

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.contract.lab import Lab
from autograder.contract.notebooks import (
    CELL_KINDS,
    cells_by_grade_id,
    grade_id,
    grader_fields,
    is_answer,
    is_grade,
    metadata_of,
    source_text,
)

_VALID_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_TOP = ""


@dataclass(frozen=True)
class Restored:
    """Hold a notebook that is safe to execute, and what had to be put right, in words."""

    notebook: NotebookNode
    notes: tuple[str, ...]


@dataclass
class _Findings:
    """Collect, while walking a learner's notebook, what is taken over from it."""

    answers: dict[str, str] = field(default_factory=dict)
    own: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    """Frame cell (or the top) to the learner's own cells that follow it."""
    met: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def restore(lab: Lab, notebook: Mapping[str, Any]) -> Restored:
    """Restore `notebook` to an answer to `lab`; total, and unchanged by being done again."""
    frame = cells_by_grade_id(lab.starter)
    found = _walk(list(_usable_cells(notebook)), frame)
    cells: list[dict[str, Any]] = [*_own_cells(found, _TOP)]
    for name, ours in frame.items():
        if not is_grade(ours):
            cells.append(_frame_cell(ours, found.answers.get(name)))
        cells.extend(_own_cells(found, name))
    _give_ids(cells, frame)
    restored: NotebookNode = nbformat.from_dict(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": copy.deepcopy(dict(lab.starter.metadata)),
            "cells": cells,
        }
    )
    return Restored(restored, tuple(found.notes + _notes_on_the_frame(found, frame)))


def _usable_cells(notebook: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    cells = notebook.get("cells") if isinstance(notebook, Mapping) else None
    for cell in cells if isinstance(cells, list) else []:
        if isinstance(cell, Mapping) and source_text(cell) is not None:
            yield cell


def _walk(cells: Sequence[Mapping[str, Any]], frame: Mapping[str, NotebookNode]) -> _Findings:
    found = _Findings()
    matches = _match(cells, frame)
    after = _TOP
    for place, cell in enumerate(cells):
        name = matches.get(place)
        if name is None:
            _keep_own(found, cell, after, frame)
            continue
        after = name
        found.met.append(name)
        if is_answer(frame[name]):
            found.answers[name] = source_text(cell) or ""
        _note_changes(found, name, cell, frame[name])
    return found


def _match(cells: Sequence[Mapping[str, Any]], frame: Mapping[str, NotebookNode]) -> dict[int, str]:
    """Match places in the learner's notebook to frame cells: by grade_id, then by cell id."""
    matches: dict[int, str] = {}
    taken: set[str] = set()
    for place, cell in enumerate(cells):
        name = grade_id(cell)
        if name is not None and name in frame and name not in taken:
            matches[place] = name
            taken.add(name)
    by_cell_id = {str(ours.get("id", name)): name for name, ours in frame.items()}
    for place, cell in enumerate(cells):
        # A copy of a cell carries its grade_id and must not pass for another one.
        if place in matches or grade_id(cell) in frame:
            continue
        cell_id = cell.get("id")
        meant = by_cell_id.get(cell_id) if isinstance(cell_id, str) else None
        if meant is not None and meant not in taken:
            matches[place] = meant
            taken.add(meant)
    return matches


def _keep_own(
    found: _Findings, cell: Mapping[str, Any], after: str, frame: Mapping[str, NotebookNode]
) -> None:
    name = grade_id(cell)
    if name is not None and name in frame:
        if not is_answer(frame[name]):
            found.notes.append(f"a copy of the cell `{name}` was left out")
            return
        found.notes.append(
            f"the cell `{name}` is there more than once: the first is the answer, "
            "the others run as cells of your own"
        )
    if cell.get("cell_type") not in CELL_KINDS:
        found.notes.append("a cell that is neither code nor text was left out")
        return
    tags = metadata_of(cell).get("tags")
    if isinstance(tags, list) and "injected-parameters" in tags:
        found.notes.append("a cell of parameters that a tool had put in was left out")
        return
    found.own.setdefault(after, []).append(cell)


def _note_changes(found: _Findings, name: str, cell: Mapping[str, Any], ours: NotebookNode) -> None:
    if is_grade(ours):
        return
    if cell.get("cell_type") != ours.cell_type:
        found.notes.append(f"the cell `{name}` was made a {ours.cell_type} cell again")
    if not is_answer(ours) and source_text(cell) != ours.source:
        found.notes.append(f"the locked cell `{name}` was changed; it is as released again")
    theirs, released = grader_fields(cell), grader_fields(ours)
    if any(
        theirs.get(key) != released.get(key) for key in ("grade", "solution", "locked", "grade_id")
    ):
        found.notes.append(f"the marks of the cell `{name}` were changed or lost; they are back")


def _notes_on_the_frame(found: _Findings, frame: Mapping[str, NotebookNode]) -> list[str]:
    asked = [name for name in frame if not is_grade(frame[name])]
    lost = [name for name in asked if name not in found.met]
    notes = [f"the cell `{name}` was missing; it is back as released" for name in lost]
    met = [name for name in found.met if name in asked]
    if met != [name for name in asked if name in met]:
        notes.append("the cells of the lab stood in another order; they are as released again")
    return notes


def _frame_cell(ours: NotebookNode, answer: str | None) -> dict[str, Any]:
    cell: dict[str, Any] = copy.deepcopy(dict(ours))
    if answer is not None:
        cell["source"] = answer
    if cell["cell_type"] == "code":
        cell |= {"outputs": [], "execution_count": None}
    return cell


def _own_cells(found: _Findings, after: str) -> Iterator[dict[str, Any]]:
    for cell in found.own.get(after, []):
        kind = str(cell["cell_type"])
        own: dict[str, Any] = {"cell_type": kind, "id": cell.get("id"), "metadata": {}}
        own["source"] = source_text(cell) or ""
        yield own | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def _give_ids(cells: list[dict[str, Any]], frame: Mapping[str, NotebookNode]) -> None:
    """Leave the learner's own cells their ids where they are valid, free and not the frame's."""
    taken = {str(name) for ours in frame.values() for name in (grade_id(ours), ours.get("id"))}
    number = 0
    for cell in cells:
        if grade_id(cell) is not None:
            continue
        name = cell["id"]
        while not isinstance(name, str) or not _VALID_ID.fullmatch(name) or name in taken:
            number += 1
            name = f"own-{number}"
        cell["id"] = name
        taken.add(name)
