"""`lab regrade` on a plain nbgrader assignment shows the moves of scores as it does for a lab."""

import json
from pathlib import Path

import pytest
from cohorts import lab, scorecards
from nbgrader.api import Gradebook
from plain_cohort import ASSIGNMENT, NOTEBOOK, RIGHT, hand_in_plain, write_source

pytestmark = pytest.mark.slow
TOLD = ("--course", ".", "--no-decoys", "--json")


def test_a_changed_test_moves_scores_and_no_humans_mark(tmp_path: Path) -> None:
    write_source(tmp_path, "assert square(3) == 9")
    hand_in_plain(tmp_path, "ada", RIGHT)
    hand_in_plain(tmp_path, "bob", None)
    graded = lab(tmp_path, "grade", ASSIGNMENT, *TOLD)
    assert graded.returncode == 3, graded.stderr
    url = f"sqlite:///{tmp_path / 'graded' / 'gradebook.db'}"
    with Gradebook(url) as book:
        mark = book.find_grade("why", NOTEBOOK, ASSIGNMENT, "ada")
        mark.manual_score, mark.needs_manual_grade = 1.5, False
        book.db.commit()
    before = scorecards(tmp_path / "graded")
    write_source(tmp_path, "assert square(3) == 10")

    shown = lab(tmp_path, "regrade", ASSIGNMENT, *TOLD, "--dry-run")
    assert shown.returncode == 3, shown.stderr
    (moved,) = [e for e in map(json.loads, shown.stdout.splitlines()) if e["event"] == "moved"]
    assert (moved["student"], moved["before"], moved["after"]) == ("ada", 2, 1)
    assert moved["by_hand"] == {"why": 1.5}
    assert "test-2 passed -> failed" in moved["reasons"][0]
    assert scorecards(tmp_path / "graded") == before
    assert marks(url) == (1, 1.5)

    written = lab(tmp_path, "regrade", ASSIGNMENT, *TOLD[:-1], "--yes")
    assert written.returncode == 3, written.stderr
    assert "ada: 2 -> 1. " in written.stdout and "1 of 2 scores move." in written.stdout
    assert scorecards(tmp_path / "graded")["ada"]["score"] == 1
    assert marks(url) == (0, 1.5)
    assert not (tmp_path / "graded" / ".regrade" / ASSIGNMENT).exists()


def marks(url: str) -> tuple[float, float]:
    with Gradebook(url) as book:
        tested, by_hand = (
            book.find_grade(cell, NOTEBOOK, ASSIGNMENT, "ada") for cell in ("test-2", "why")
        )
        return tested.auto_score, by_hand.manual_score
