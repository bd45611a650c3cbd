"""Tests that the lab in the author's guide proves itself, word for word as it is printed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.contract.lab import load_lab
from autograder.contract.scaffold import new_lab
from autograder.execution import detect_confinement
from autograder.paths import CoursePaths
from autograder.proving.prove import verify_lab

LAB = "05_ml_fundamentals"
BLOCK = re.compile(r'^(`{3,})\w+ title="([^"]+)"\n(.*?)^\1$', re.MULTILINE | re.DOTALL)
FILES = ("lab.toml", "checks.py", "hidden_checks.py", "mutants.toml")


@pytest.fixture
def blocks(root: Path) -> dict[str, str]:
    guide = (root / "site/pages/guides/author.md").read_text(encoding="utf-8")
    return {name: body for _, name, body in BLOCK.findall(guide)}


@pytest.fixture
def course(root: Path, tmp_path: Path) -> CoursePaths:
    (tmp_path / "modules").mkdir()
    for name in ("modules/course.toml", "modules/units.toml", "nbgrader_config.py"):
        shutil.copy(root / name, tmp_path / name)
    return CoursePaths(tmp_path)


@pytest.mark.slow
def test_the_lab_of_the_guide_proves_itself(course: CoursePaths, blocks: dict[str, str]) -> None:
    folder = new_lab(course, LAB)
    for name in FILES:
        (folder / name).write_text(blocks[name], encoding="utf-8")
    made = course.root / "make_notebook.py"
    made.write_text(blocks["make_notebook.py"], encoding="utf-8")
    environment = os.environ | {"LAB_COURSE": str(course.root)}
    subprocess.run([sys.executable, str(made)], cwd=course.root, env=environment, check=True)
    lesson = course.modules / LAB
    lesson.mkdir()
    (lesson / "README.md").write_text("# Bursts\n", encoding="utf-8")
    nbformat.write(new_notebook(cells=[new_code_cell("1")]), lesson / "lesson.ipynb")
    found = verify_lab(
        load_lab(folder), course, confinement=detect_confinement(), lesson=lesson, workers=2
    )
    assert [finding for finding in found.findings if finding.blocks] == []
    assert found.proved
