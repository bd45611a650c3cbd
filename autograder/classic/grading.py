"""Grade one plain nbgrader notebook: put the instructor's cells back, run it, read the tests."""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode
from nbgrader import utils

from autograder.contract.manifest import Limits
from autograder.contract.notebooks import grade_id
from autograder.execution import Confinement
from autograder.execution.run import executed

# Tests may ask whether they run while grading; nbgrader sets this.
_AS_NBGRADER = {"NBGRADER_EXECUTION": "autograde"}


@dataclass(frozen=True)
class ClassicGrade:
    """Hold the points of one graded cell; `points` is None when a human must grade it."""

    cell: str
    points: float | None
    max_points: float
    state: str


@dataclass(frozen=True)
class ClassicResult:
    """Hold what grading a plain nbgrader notebook gave."""

    grades: tuple[ClassicGrade, ...]
    notebook: NotebookNode
    seconds: float
    layers: tuple[str, ...]

    @property
    def score(self) -> float:
        return sum(grade.points or 0.0 for grade in self.grades)

    @property
    def max_score(self) -> float:
        return sum(grade.max_points for grade in self.grades)

    @property
    def manual(self) -> int:
        """Count the cells that a human must grade."""
        return sum(grade.points is None for grade in self.grades)


def grade_plain(
    master: NotebookNode,
    submitted: NotebookNode,
    *,
    files: Mapping[str, Path],
    limits: Limits,
    confinement: Confinement,
) -> ClassicResult:
    """Grade `submitted` against `master`, whose locked cells and tests it gets back.

    A test that did not run, or whose run was cut off, earns nothing; nbgrader gives it full marks.
    Honest warnings on the error stream of a test cost nothing; nbgrader takes all its points.
    """
    restored = put_back(master, submitted)
    with executed(
        restored,
        files=files,
        parameters={},
        limits=limits,
        confinement=confinement,
        variables=_AS_NBGRADER,
    ) as run:
        grades = tuple(
            _grade(cell, run.cells.get(grade_id(cell) or "", "not_run"))
            for cell in run.notebook.cells
            if utils.is_grade(cell) or utils.is_task(cell)
        )
        return ClassicResult(grades, run.notebook, run.seconds, run.layers)


def put_back(master: NotebookNode, submitted: NotebookNode) -> NotebookNode:
    """Return the submission with the master's locked cells, tests and metadata in place.

    The learner's answers keep their source; a cell that stands twice counts once; tests and locked
    cells that were deleted come back behind the cell they followed.
    """
    ours = {name: cell for cell in master.cells if (name := grade_id(cell))}
    cells: list[NotebookNode] = []
    seen: set[str] = set()
    for cell in submitted.cells:
        name = grade_id(cell)
        if name is None or name not in ours:
            plain = copy.deepcopy(cell)
            plain.metadata.pop("nbgrader", None)
            cells.append(plain)
        elif name not in seen:
            seen.add(name)
            cells.append(_merge(ours[name], cell))
    _bring_back(master, cells, seen)
    restored = copy.deepcopy(submitted)
    restored.cells = cells
    for cell in cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return restored


def _merge(ours: NotebookNode, theirs: NotebookNode) -> NotebookNode:
    cell = copy.deepcopy(ours)
    if utils.is_solution(ours):
        cell.source = theirs.source
    return cell


def _bring_back(master: NotebookNode, cells: list[NotebookNode], seen: Iterable[str]) -> None:
    present = set(seen)
    before: str | None = None
    for cell in master.cells:
        name = grade_id(cell)
        if name is None:
            continue
        if name not in present:
            names = [grade_id(c) for c in cells]
            cells.insert(names.index(before) + 1 if before in names else 0, copy.deepcopy(cell))
        before = name


def _grade(cell: NotebookNode, state: str) -> ClassicGrade:
    name, points = grade_id(cell) or "", float(cell.metadata["nbgrader"]["points"])
    if utils.is_task(cell):
        return ClassicGrade(name, None, points, state)
    if utils.is_solution(cell) or cell.cell_type != "code":
        found, _ = utils.determine_grade(cell)
        return ClassicGrade(name, found, points, state)
    if state != "ok":
        return ClassicGrade(name, 0.0, points, state)
    quiet = copy.deepcopy(cell)
    quiet.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
    found, _ = utils.determine_grade(quiet)
    return ClassicGrade(name, found, points, state)
