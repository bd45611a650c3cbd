"""Make a lab's assignment, notebook and cells known to a gradebook."""

import json
from collections.abc import Iterable
from copy import deepcopy
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
)

from autograder.errors import CourseError

if TYPE_CHECKING:
    from autograder.contract import Lab

NOTEBOOK = "lab"
_KINDS = ("grade_cells", "solution_cells", "task_cells", "source_cells")


def ensure_assignment(book: Gradebook, lab: "Lab", *, duedate: datetime | None = None) -> None:
    """Write what `nbgrader generate_assignment` would of `lab`; points are brought up to date.

    Unlike nbgrader, cells may be added, changed or dropped after submissions are in, as long as
    no human's mark or comment would be lost; then CourseError says which.
    """
    name = lab.manifest.id
    # A due date that was set in formgrader stays, unless another is given here.
    book.update_or_create_assignment(name, **({"duedate": duedate} if duedate else {}))
    notebook = _as_generated(lab.source)
    kernelspec = json.dumps(notebook.metadata.get("kernelspec", {}))
    book.update_or_create_notebook(NOTEBOOK, name, kernelspec=kernelspec)
    _drop_cells_that_are_gone(book, name, notebook.cells)
    for cell in notebook.cells:
        _write_cell(book, name, cell)


def _as_generated(source: NotebookNode) -> NotebookNode:
    """Give the notebook as nbgrader has it when it saves the cells: hidden tests still in."""
    notebook: NotebookNode = deepcopy(source)
    resources: dict[str, Any] = {"nbgrader": {}}
    for step in (LockCells, ClearSolutions, ClearOutput, CheckCellMetadata, ComputeChecksums):
        notebook, resources = step().preprocess(notebook, resources)
    return notebook


def _write_cell(book: Gradebook, lab_id: str, cell: NotebookNode) -> None:
    kinds = _kinds_of(cell)
    if not kinds:
        return
    facts = cell.metadata.nbgrader
    where = (facts["grade_id"], NOTEBOOK, lab_id)
    if "grade_cells" in kinds:
        book.update_or_create_grade_cell(
            *where, max_score=float(facts["points"]), cell_type=cell.cell_type
        )
    if "solution_cells" in kinds:
        book.update_or_create_solution_cell(*where)
    if "task_cells" in kinds:
        book.update_or_create_task_cell(
            *where, max_score=float(facts["points"]), cell_type=cell.cell_type
        )
    book.update_or_create_source_cell(
        *where,
        cell_type=cell.cell_type,
        locked=utils.is_locked(cell),
        source=cell.source,
        checksum=facts.get("checksum"),
    )


def _kinds_of(cell: NotebookNode) -> set[str]:
    tests = (utils.is_grade, utils.is_solution, utils.is_task)
    kinds = {kind for kind, test in zip(_KINDS, tests, strict=False) if test(cell)}
    if kinds or utils.is_locked(cell):
        kinds.add("source_cells")
    return kinds


def _drop_cells_that_are_gone(book: Gradebook, lab_id: str, cells: Iterable[NotebookNode]) -> None:
    wanted: dict[str, set[str]] = {kind: set() for kind in _KINDS}
    for cell in cells:
        for kind in _kinds_of(cell):
            wanted[kind].add(cell.metadata.nbgrader["grade_id"])
    try:
        known = book.find_notebook(NOTEBOOK, lab_id)
    except MissingEntry:
        return
    for kind in _KINDS:
        for row in list(getattr(known, kind)):
            if row.name not in wanted[kind]:
                _drop(book, lab_id, row)
    book.db.commit()


def _drop(book: Gradebook, lab_id: str, row: Any) -> None:
    grades, comments = list(getattr(row, "grades", ())), list(getattr(row, "comments", ()))
    by_hand = [g for g in grades if g.manual_score is not None or g.extra_credit is not None]
    by_hand += [c for c in comments if c.manual_comment]
    if by_hand:
        raise CourseError(
            f"labs/{lab_id}/lab.ipynb has lost its cell {row.name!r}, and the gradebook holds "
            f"marks or comments that a person gave there ({len(by_hand)}).",
            mend=f"Put a cell with the grade_id {row.name!r} back, or use a new gradebook.",
        )
    for dependent in (*grades, *comments, row):
        book.db.delete(dependent)
