"""A cohort is graded whatever some of it hold, and goes on where it was cut."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from autograder.contract.lab import Lab
from autograder.execution import Confinement, detect_confinement
from autograder.grading.cohort import Graded, grade_cohort
from autograder.grading.intake import Submission, find_submissions
from autograder.grading.layout import OutputLayout
from autograder.scoring import Scorecard, Status, read_scorecard

pytestmark = pytest.mark.slow


@pytest.fixture
def submitted(tmp_path: Path, tiny: Lab) -> Path:
    root = tmp_path / "submitted"
    for student, content in {
        "ada": nbformat.writes(tiny.solution),
        "bob": nbformat.writes(tiny.starter),
        "cid": '{"cells": [',
        "dan": None,
    }.items():
        folder = root / student / "tiny"
        folder.mkdir(parents=True)
        if content is not None:
            (folder / "lab.ipynb").write_text(content)
    return root


def graded(
    lab: Lab, submitted: Path, output: Path, confinement: Confinement, **how: object
) -> list[Graded]:
    submissions = how.pop("submissions", None) or find_submissions(submitted, "tiny")
    return list(grade_cohort(lab, submissions, output, confinement=confinement, **how))


def lasting(card: Scorecard) -> dict[str, object]:
    """What of a card must be the same twice: all but times and memory."""
    data = card.model_dump()
    data.pop("seconds")
    for run in data["runs"]:
        run.pop("seconds"), run.pop("memory_mb")
    return data


def test_bad_submissions_get_a_card_and_stop_nobody(
    tiny: Lab, submitted: Path, tmp_path: Path, confinement: Confinement
) -> None:
    done = graded(tiny, submitted, tmp_path / "out", confinement, workers=2)
    cards = {d.card.student: d.card for d in done}
    assert {s: (str(c.status), c.score) for s, c in cards.items()} == {
        "ada": ("graded", 5),
        "bob": ("graded", 0),
        "cid": ("rejected", 0),
        "dan": ("rejected", 0),
    }
    assert "lab.ipynb" in cards["cid"].problem and "lab.ipynb" in cards["dan"].problem
    layout = OutputLayout(tmp_path / "out")
    assert layout.executed("ada", "tiny").is_file()
    assert read_scorecard(layout.scorecard("ada", "tiny")) == cards["ada"]


def test_what_was_graded_is_kept_until_it_changes(
    tiny: Lab, submitted: Path, tmp_path: Path, confinement: Confinement
) -> None:
    first = graded(tiny, submitted, tmp_path / "out", confinement)
    again = graded(tiny, submitted, tmp_path / "out", confinement)
    assert all(d.fresh for d in first) and not any(d.fresh for d in again)
    shutil.copy(submitted / "ada" / "tiny" / "lab.ipynb", submitted / "bob" / "tiny" / "lab.ipynb")
    third = {d.card.student: d for d in graded(tiny, submitted, tmp_path / "out", confinement)}
    assert [s for s, d in third.items() if d.fresh] == ["bob"]
    assert third["bob"].card.score == 5


def test_what_was_run_with_fewer_layers_is_graded_anew_where_all_are_required(
    tiny: Lab, submitted: Path, tmp_path: Path, complete: Confinement
) -> None:
    out, bare = tmp_path / "out", detect_confinement(wanted=False)
    graded(tiny, submitted, out, bare)
    assert not any(d.fresh for d in graded(tiny, submitted, out, complete))
    strict = replace(complete, strict=True)
    again = {d.card.student: d for d in graded(tiny, submitted, out, strict)}
    # Of the others nothing was run.
    assert [student for student, d in again.items() if d.fresh] == ["ada"]
    assert again["ada"].card.layers == complete.layers
    assert not any(d.fresh for d in graded(tiny, submitted, out, strict))


def test_the_order_of_grading_does_not_matter(
    tiny: Lab, submitted: Path, tmp_path: Path, confinement: Confinement
) -> None:
    forward = find_submissions(submitted, "tiny")
    orders: list[list[Submission]] = [forward, list(reversed(forward))]
    results = [
        {
            d.card.student: lasting(d.card)
            for d in graded(
                tiny, submitted, tmp_path / f"out{n}", confinement, submissions=order, workers=n + 1
            )
        }
        for n, order in enumerate(orders)
    ]
    assert results[0] == results[1]


_GRADER = """
import sys
from pathlib import Path
from autograder.contract.lab import load_lab
from autograder.execution import detect_confinement
from autograder.grading.cohort import grade_cohort
from autograder.grading.intake import find_submissions
if __name__ == "__main__":
    lab, submitted, output = map(Path, sys.argv[1:])
    found = find_submissions(submitted, "tiny")
    walls = detect_confinement()
    for done in grade_cohort(load_lab(lab), found, output, confinement=walls, workers=1):
        print(done.card.student, flush=True)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_grader_goes_on_and_ends_the_same(
    how: signal.Signals, tiny: Lab, submitted: Path, tmp_path: Path, confinement: Confinement
) -> None:
    for number in range(3):
        shutil.copytree(submitted / "ada", submitted / f"more{number}")
    script = tmp_path / "grader.py"
    script.write_text(_GRADER)
    output = tmp_path / "out"
    command = [sys.executable, str(script), str(tiny.path), str(submitted), str(output)]
    grader = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert grader.stdout is not None
    assert grader.stdout.readline().strip() == "ada"
    time.sleep(0.3)
    os.kill(grader.pid, how)
    grader.wait(timeout=30)
    cards = map(read_scorecard, OutputLayout(output).scorecards("tiny"))
    # A worker that saw its kernel die before it died itself says so, and is tried again.
    kept = {card.student for card in cards if card.status is not Status.CRASHED}
    resumed = graded(tiny, submitted, output, confinement)
    assert "ada" in kept and {d.card.student for d in resumed if not d.fresh} == kept
    undisturbed = graded(tiny, submitted, tmp_path / "calm", confinement)
    assert {d.card.student: lasting(d.card) for d in resumed} == {
        d.card.student: lasting(d.card) for d in undisturbed
    }
