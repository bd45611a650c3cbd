"""Grading a cohort against `nbgrader autograde`, and one run against plain papermill."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import papermill

from autograder.contract.lab import Lab, load_lab
from autograder.execution import Confinement, detect_confinement
from autograder.execution.kernel import KernelLauncher
from autograder.execution.run import executed
from autograder.execution.warm.launcher import kernels_for
from autograder.execution.warm.standby import kernel_ahead
from autograder.grading.cohort import grade_cohort
from autograder.grading.intake import find_submissions
from autograder.paths import COURSE_VARIABLE
from benchmarks.table import Row, seconds

ROOT = Path(__file__).parents[1]
_FRAUD = "fraud_3_baseline_model"
TINY = ROOT / "tests" / "samples"
_COURSE = ("labs", "modules", "projects", "infra")


def cohort_row(course: Path, lab_id: str, *, students: int, rounds: int, aim: float) -> Row:
    """Grade right answers of `students` learners here and with nbgrader, in turn.

    Here every notebook runs with held-out parameters, too, in the sandbox; in nbgrader once,
    without. Both run every check.
    """
    ours, theirs = [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            root = copied(course, Path(folder))
            lab = load_lab(root / "labs" / lab_id)
            hand_in(lab, root / "submitted", students)
            _nbgrader(root, "generate_assignment", lab_id)
            ours.append(seconds(lambda r=root, b=lab: grade_here(b, r)))  # type: ignore[misc]
            theirs.append(seconds(lambda r=root: _nbgrader(r, "autograde", lab_id)))  # type: ignore[misc]
    what = f"{students} submissions of `{lab_id}`, held-out parameters and sandbox included"
    return Row(what, tuple(ours), "nbgrader autograde", tuple(theirs), aim)


def copied(course: Path, folder: Path) -> Path:
    """Copy a course with what nbgrader needs beside it; return its folder."""
    root = folder / "course"
    if course == ROOT:
        for name in _COURSE:
            shutil.copytree(ROOT / name, root / name)
    else:
        shutil.copytree(course, root)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    return root


def hand_in(lab: Lab, submitted: Path, students: int) -> None:
    """Hand in the reference solution as each of `students` learners, each a little different."""
    for number in range(students):
        notebook = lab.solution
        for cell in notebook.cells:
            if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution"):
                cell.source = f"# learner {number}\n{cell.source}"
        folder = submitted / f"student{number:04d}" / lab.manifest.id
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / "lab.ipynb")


def grade_here(lab: Lab, root: Path) -> None:
    """Grade the cohort below `root`; raise RuntimeError when a right answer was not scored so."""
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


_IMPORTING = """
import mlflow
import pandas as pd
from sklearn.linear_model import LogisticRegression
"""


def notebook_rows(*, runs: int, aim: float) -> list[Row]:
    """Run notebooks again and again, warm and sandboxed, and with papermill's own engine.

    One imports what the fraud lab does, the other nothing, so that only the kernel's start counts.
    """
    tiny, fraud = load_lab(TINY / "labs" / "tiny"), load_lab(ROOT / "labs" / _FRAUD)
    cells = [nbformat.v4.new_code_cell(source) for source in (_IMPORTING, "pd.DataFrame()")]
    importing = nbformat.v4.new_notebook(metadata=tiny.solution.metadata, cells=cells)
    compared = (
        ("a notebook that imports pandas, scikit-learn and mlflow", importing, fraud),
        ("a notebook that imports nothing", tiny.solution, tiny),
    )
    return [_compared(what, notebook, lab, runs, aim) for what, notebook, lab in compared]


def _compared(what: str, notebook: nbformat.NotebookNode, lab: Lab, runs: int, aim: float) -> Row:
    confinement = detect_confinement()
    ours, theirs = [], []
    with (
        kernels_for(lab.manifest.preload, confinement) as forking,
        kernel_ahead(forking, lab.manifest.limits, confinement) as launcher,
    ):
        for _ in range(runs):
            ours.append(seconds(lambda: run_once(lab, confinement, launcher, notebook)))
            theirs.append(seconds(lambda: _papermill(lab, notebook)))
    what = f"{what}, forked ahead and sandboxed"
    return Row(what, tuple(ours), "papermill", tuple(theirs), aim)


def run_once(
    lab: Lab,
    confinement: Confinement,
    launcher: KernelLauncher,
    notebook: nbformat.NotebookNode | None = None,
) -> None:
    """Execute a notebook, by default the lab's solution, and end its kernel."""
    with executed(
        notebook or lab.solution,
        files={name: lab.path / name for name in lab.manifest.give},
        parameters={},
        limits=lab.manifest.limits,
        confinement=confinement,
        launcher=launcher,
    ):
        pass


def _papermill(lab: Lab, notebook: nbformat.NotebookNode) -> None:
    papermill.execute_notebook(
        notebook, None, cwd=str(lab.path), engine_name="nbclient", progress_bar=False
    )
