"""Grade one plain nbgrader notebook: put the instructor's cells back, run it, read the tests."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from nbformat import NotebookNode
from nbgrader import utils

from autograder.classic.decoys import Decoy, choose, is_test, with_decoys
from autograder.contract.manifest import Limits
from autograder.contract.notebooks import grade_id
from autograder.execution import Confinement
from autograder.execution.kernel import KernelLauncher, launch_plain_kernel
from autograder.execution.run import executed

# Tests may ask whether they run while grading; nbgrader sets this.
_AS_NBGRADER = {"NBGRADER_EXECUTION": "autograde"}
FORGED = "may be forged"
_DIED = "kernel_died"


@dataclass(frozen=True)
class ClassicGrade:
    """Hold the points of one graded cell; `points` is None when a human must grade it.

    `state` is that of the cell's run, or `may be forged` where a wrong expectation passed too.
    """

    cell: str
    points: float | None
    max_points: float
    state: str
    message: str = ""

    @property
    def needs_a_human(self) -> bool:
        """Tell whether the points are not settled by the tests."""
        return self.points is None or self.state == FORGED


@dataclass(frozen=True)
class ClassicResult:
    """Hold what grading a plain nbgrader notebook gave."""

    grades: tuple[ClassicGrade, ...]
    notebook: NotebookNode
    seconds: float
    layers: tuple[str, ...]
    status: str = "completed"
    memory_mb: float = 0.0
    cells: Mapping[str, str] | None = None
    kernel_died: bool = False
    """Whether a kernel of this notebook died, that of the decoys included."""

    @property
    def score(self) -> float:
        return sum(grade.points or 0.0 for grade in self.grades)

    @property
    def max_score(self) -> float:
        return sum(grade.max_points for grade in self.grades)

    @property
    def manual(self) -> int:
        """Count the cells that a human must grade."""
        return sum(grade.needs_a_human for grade in self.grades)


def grade_plain(
    master: NotebookNode,
    submitted: NotebookNode,
    *,
    files: Mapping[str, Path],
    limits: Limits,
    confinement: Confinement,
    launcher: KernelLauncher = launch_plain_kernel,
    decoys: Mapping[str, Sequence[Decoy]] | None = None,
    secret: str = "",
) -> ClassicResult:
    """Grade `submitted` against `master`, whose locked cells and tests it gets back.

    A test that did not run, or whose run was cut off, earns nothing; nbgrader gives it full marks.
    Honest warnings on the error stream of a test cost nothing; nbgrader takes all its points.
    With `decoys` the notebook runs once more, its tests expecting something wrong, chosen by
    `secret`; a test that passed in both runs earns nothing and waits for a human.
    """
    restored = put_back(master, submitted)
    result = _run(restored, files, limits, confinement, launcher)
    earned = {g.cell for g in result.grades if g.points and g.max_points and g.state == "ok"}
    chosen = {name: d for name, d in choose(decoys or {}, secret).items() if name in earned}
    if not chosen:
        return result
    again = _run(with_decoys(restored, chosen), files, limits, confinement, launcher)
    fooled = {g.cell for g in again.grades if g.cell in chosen and g.points and g.state == "ok"}
    grades = tuple(_doubted(g, chosen[g.cell]) if g.cell in fooled else g for g in result.grades)
    return replace(
        result,
        grades=grades,
        seconds=result.seconds + again.seconds,
        kernel_died=result.kernel_died or again.kernel_died,
    )


def failing_decoys(
    solution: NotebookNode,
    decoys: Mapping[str, Sequence[Decoy]],
    *,
    files: Mapping[str, Path],
    limits: Limits,
    confinement: Confinement,
    launcher: KernelLauncher = launch_plain_kernel,
) -> dict[str, tuple[Decoy, ...]]:
    """Keep those of `decoys` that fail on the instructor's own answers, as they must."""
    kept: dict[str, list[Decoy]] = {}
    for number in range(max(map(len, decoys.values()), default=0)):
        chosen = {
            name: several[number] for name, several in decoys.items() if number < len(several)
        }
        run = _run(with_decoys(solution, chosen), files, limits, confinement, launcher)
        points = {grade.cell: grade.points for grade in run.grades}
        for name, decoy in chosen.items():
            if points.get(name) == 0:
                kept.setdefault(name, []).append(decoy)
    return {name: tuple(several) for name, several in kept.items()}


def _run(
    notebook: NotebookNode,
    files: Mapping[str, Path],
    limits: Limits,
    confinement: Confinement,
    launcher: KernelLauncher,
) -> ClassicResult:
    with executed(
        notebook,
        files=files,
        parameters={},
        limits=limits,
        confinement=confinement,
        variables=_AS_NBGRADER,
        launcher=launcher,
    ) as run:
        grades = tuple(
            _grade(cell, run.cells.get(grade_id(cell) or "", "not_run"))
            for cell in run.notebook.cells
            if utils.is_grade(cell) or utils.is_task(cell)
        )
        return ClassicResult(
            grades,
            run.notebook,
            run.seconds,
            run.layers,
            run.status,
            run.peak_memory_mb,
            dict(run.cells),
            run.status == _DIED or _DIED in run.cells.values(),
        )


def _doubted(grade: ClassicGrade, decoy: Decoy) -> ClassicGrade:
    message = (
        f"passed, and passed again with a wrong expectation in line {decoy.line}: "
        "the kernel says yes to anything, so a person must look"
    )
    return replace(grade, points=0.0, state=FORGED, message=message)


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
    if not is_test(cell):
        found, _ = utils.determine_grade(cell)
        return ClassicGrade(name, found, points, state)
    if state != "ok":
        return ClassicGrade(name, 0.0, points, state, _error_of(cell))
    quiet = copy.deepcopy(cell)
    quiet.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    found, _ = utils.determine_grade(quiet)
    return ClassicGrade(name, found, points, state)


def _error_of(cell: NotebookNode) -> str:
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            return f"{output.get('ename', '')}: {output.get('evalue', '')}".strip(": ")[:300]
    return ""
