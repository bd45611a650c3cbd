"""Grading a cohort against `nbgrader autograde`, and one run against plain papermill."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import papermill

from autograder.contract.lab import Lab, load_lab
from autograder.execution import detect_confinement
from autograder.execution.run import executed
from autograder.execution.warm.launcher import kernels_for
from autograder.grading.cohort import grade_cohort
from autograder.grading.intake import find_submissions
from autograder.paths import COURSE_VARIABLE
from benchmarks.table import Row

_ROOT = Path(__file__).parents[1]
_TINY = _ROOT / "tests" / "samples"
_SUBMISSIONS, _ROUNDS, _NOTEBOOKS = 16, 3, 20


def grading_rows() -> list[Row]:
    """Measure both; each round runs the two sides one after the other."""
    return [_cohort(_TINY, "tiny", _SUBMISSIONS), _notebook(_TINY / "labs" / "tiny")]


def _cohort(course: Path, lab_id: str, students: int) -> Row:
    """Grade right answers of `students` learners here (two runs each) and with nbgrader (one)."""
    ours, theirs = [], []
    for _ in range(_ROUNDS):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            root = Path(folder) / "course"
            shutil.copytree(course, root)
            shutil.copy(_ROOT / "nbgrader_config.py", root)
            lab = load_lab(root / "labs" / lab_id)
            _hand_in(lab, root / "submitted", students)
            _nbgrader(root, "generate_assignment", lab_id)
            ours.append(_seconds(lambda r=root, b=lab: _grade_here(b, r)))  # type: ignore[misc]
            theirs.append(_seconds(lambda r=root: _nbgrader(r, "autograde", lab_id)))  # type: ignore[misc]
    what = f"{students} submissions of a trivial lab, with held-out parameters and the sandbox"
    return Row(what, tuple(ours), "nbgrader autograde", tuple(theirs))


def _hand_in(lab: Lab, submitted: Path, students: int) -> None:
    for number in range(students):
        folder = submitted / f"student{number:03d}" / lab.manifest.id
        folder.mkdir(parents=True)
        nbformat.write(lab.solution, folder / "lab.ipynb")


def _grade_here(lab: Lab, root: Path) -> None:
    found = find_submissions(root / "submitted", lab.manifest.id)
    done = list(grade_cohort(lab, found, root / "graded", confinement=detect_confinement()))
    if any(graded.card.score != lab.max_points for graded in done):
        raise RuntimeError("the benchmark's submissions are right, and one was not scored so")


def _nbgrader(root: Path, command: str, lab_id: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "nbgrader", command, lab_id],
        cwd=root,
        env={**os.environ, COURSE_VARIABLE: str(root)},
        capture_output=True,
        check=True,
    )


def _notebook(lab_path: Path) -> Row:
    """Run one notebook again and again, warm and sandboxed, and with papermill's own engine."""
    lab, confinement = load_lab(lab_path), detect_confinement()
    files = {name: lab.path / name for name in lab.manifest.give}
    ours, theirs = [], []
    with kernels_for(lab.manifest.preload, confinement) as launcher:

        def here() -> None:
            with executed(
                lab.solution,
                files=files,
                parameters={},
                limits=lab.manifest.limits,
                confinement=confinement,
                launcher=launcher,
            ):
                pass

        for _ in range(_NOTEBOOKS):
            ours.append(_seconds(here))
            theirs.append(_seconds(lambda: _papermill(lab)))
    return Row("one notebook, forked and sandboxed", tuple(ours), "papermill", tuple(theirs))


def _papermill(lab: Lab) -> None:
    papermill.execute_notebook(
        lab.solution, None, cwd=str(lab.path), engine_name="nbclient", progress_bar=False
    )


def _seconds(action: Callable[[], None]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun
