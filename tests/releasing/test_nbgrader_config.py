"""nbgrader's own commands work on the course as it stands."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.contract.lab import load_lab
from autograder.contract.mutants import apply_mutant, load_mutants
from autograder.contract.notebooks import grade_id

SAMPLES = Path(__file__).parents[1] / "samples"
CONFIG = Path(__file__).parents[2] / "nbgrader_config.py"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "course"
    shutil.copytree(SAMPLES, root, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CONFIG, root)
    return root


def nbgrader(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "LAB_COURSE"}
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *words],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.mark.slow
def test_generate_assignment_keeps_back_what_must_not_leave(root: Path) -> None:
    done = nbgrader(root, "generate_assignment", "tiny")
    assert done.returncode == 0, done.stderr
    names = sorted(path.name for path in (root / "release" / "tiny").iterdir())
    assert names == ["checks.py", "lab-release.toml", "lab.ipynb", "readings.py"]
    assert "90210" not in (root / "release" / "tiny" / "lab-release.toml").read_text()


@pytest.mark.slow
def test_autograde_feedback_and_export_of_right_and_wrong_work(root: Path) -> None:
    import nbformat
    from nbgrader.api import Gradebook

    lab = load_lab(root / "labs" / "tiny")
    wrong = {mutant.name: mutant for mutant in load_mutants(lab).mutants}["drops_zero"]
    assert nbgrader(root, "generate_assignment", "tiny").returncode == 0
    released = nbformat.read(root / "release" / "tiny" / "lab.ipynb", 4)
    for student, answers in (
        ("full", lab.solution),
        ("wrong", apply_mutant(lab, wrong)),
        ("none", lab.starter),
    ):
        folder = root / "submitted" / student / "tiny"
        folder.mkdir(parents=True)
        sources = {grade_id(cell): cell.source for cell in answers.cells}
        for cell in released.cells:
            if (name := grade_id(cell)) and name.endswith("-answer"):
                cell.source = sources[name]
        nbformat.write(released, folder / "lab.ipynb")
    done = nbgrader(root, "autograde", "tiny")
    assert done.returncode == 0, done.stderr
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as book:
        scores = {s: book.find_submission("tiny", s).score for s in ("full", "wrong", "none")}
    assert scores == {"full": 5, "wrong": 3, "none": 0}
    for command in (("generate_feedback", "tiny"), ("export",), ("list",)):
        done = nbgrader(root, *command)
        assert done.returncode == 0, (command, done.stderr)
    assert (root / "feedback" / "full" / "tiny" / "lab.html").is_file()
    assert "tiny" in (root / "grades.csv").read_text()


@pytest.mark.slow
def test_validate_accepts_the_source(root: Path) -> None:
    done = nbgrader(root, "validate", "labs/tiny/lab.ipynb")
    assert "Success" in done.stdout, done.stdout + done.stderr
