"""`--require-sandbox` grades with every layer or not at all."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from cohorts import SECONDS, hand_in

from autograder.contract.lab import Lab
from autograder.execution import Confinement

pytestmark = pytest.mark.slow
COMMAND = "from autograder.cli.app import main; main()"
# As on a machine without bubblewrap.
BARE = """
from autograder.cli import cohort, plain
from autograder.execution import confinement
confinement._bubblewrap_program = lambda: None
"""
# As if the lab needed a server.
NEEDING = """
from contextlib import nullcontext
from autograder.grading import cohort
from autograder.needs.surroundings import Nothing
cohort.surroundings = lambda *_, **__: nullcontext(Nothing(({port},)))
"""
# As if the process that forks kernels ended once grading had begun.
LOST = """
import time
from contextlib import contextmanager
import psutil
from autograder.grading import cohort
kernels_for = cohort.kernels_for

@contextmanager
def losing(*given, **named):
    with kernels_for(*given, **named) as launcher:
        assert launcher.alive
        for process in psutil.Process().children(recursive=True):
            if "autograder.execution.warm.zygote" in " ".join(process.cmdline()):
                process.kill()
        while launcher.alive:
            time.sleep(0.01)
        yield launcher

cohort.kernels_for = losing
"""


def lab(folder: Path, *words: str, before: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", before + COMMAND, *words],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def cards(course: Path) -> list[dict[str, Any]]:
    found = sorted((course / "graded" / "scorecards").glob("*/*/scorecard.json"))
    return [json.loads(path.read_text()) for path in found]


def test_it_refuses_a_lab_on_a_machine_without_bubblewrap(tiny: Lab, tiny_course: Path) -> None:
    hand_in(tiny, tiny_course / "submitted", 1)
    for command in ("grade", "regrade"):
        done = lab(tiny_course, command, "tiny", "--require-sandbox", before=BARE)
        assert done.returncode == 2, done.stdout + done.stderr
        assert "Refusing to grade" in done.stderr and "bubblewrap" in done.stderr
    assert not cards(tiny_course)

    done = lab(tiny_course, "grade", "tiny", before=BARE)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("graded without walls around runs") == 1
    assert "Kernels are ordinary ones" in done.stderr
    assert [card["status"] for card in cards(tiny_course)] == ["graded"]


def test_it_refuses_a_plain_course_there_too(tmp_path: Path) -> None:
    usual = {"solution": False, "locked": False, "task": False, "schema_version": 3}
    facts = {**usual, "grade_id": "sum", "grade": True, "locked": True, "points": 1}
    test = nbformat.v4.new_code_cell("assert 1 + 1 == 2", metadata={"nbgrader": facts})
    for folder in (tmp_path / "source" / "ps1", tmp_path / "submitted" / "ada" / "ps1"):
        folder.mkdir(parents=True)
        nbformat.write(nbformat.v4.new_notebook(cells=[test]), folder / "one.ipynb")
    words = ("grade", "ps1", "--course", str(tmp_path))
    done = lab(tmp_path, *words, "--require-sandbox", before=BARE)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Refusing to grade" in done.stderr
    assert not cards(tmp_path)


@pytest.mark.usefixtures("complete")
def test_a_lab_that_needs_ports_is_not_graded_with_the_machines_network(
    tiny: Lab, tiny_course: Path
) -> None:
    hand_in(tiny, tiny_course / "submitted", 1)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        needing, words = NEEDING.format(port=port), ("grade", "tiny", "--require-sandbox")
        done = lab(tiny_course, *words, before=needing + LOST)
        assert done.returncode == 3, done.stdout + done.stderr
        [card] = cards(tiny_course)
        assert (card["status"], card["layers"]) == ("crashed", [])
        assert "whole network" in card["problem"]

        done = lab(tiny_course, *words, before=needing)
        assert done.returncode == 0, done.stdout + done.stderr
        [card] = cards(tiny_course)
        assert (card["status"], card["score"]) == ("graded", 5)
        assert f"no network but ports {port}" in card["layers"]


def test_with_every_layer_it_grades(tiny: Lab, tiny_course: Path, complete: Confinement) -> None:
    hand_in(tiny, tiny_course / "submitted", 1)
    done = lab(tiny_course, "grade", "tiny", "--require-sandbox")
    assert done.returncode == 0, done.stdout + done.stderr
    [card] = cards(tiny_course)
    assert (card["status"], card["layers"]) == ("graded", list(complete.layers))
    assert "Warning" not in done.stderr
