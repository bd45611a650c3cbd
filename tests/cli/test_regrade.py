"""`lab regrade` says whose score moves and why before it writes; what a human gave stays."""

import json
from pathlib import Path

import pytest
from cohorts import hand_in, lab, scorecards
from nbgrader.api import Gradebook

from autograder.contract.lab import Lab

pytestmark = pytest.mark.slow
CHANGE = ("to_equal([5, 1])", "to_equal([5, 1, 0])")


def test_a_changed_check_moves_scores_and_no_humans_mark(tiny: Lab, tiny_course: Path) -> None:
    right, *_ = hand_in(tiny, tiny_course / "submitted", 3)
    assert lab(tiny_course, "grade", "tiny").returncode == 0
    url = f"sqlite:///{tiny_course / 'graded' / 'gradebook.db'}"
    with Gradebook(url) as book:
        mark = book.find_grade("clean", "lab", "tiny", right)
        mark.manual_score, mark.extra_credit = 1.5, 0.5
        book.find_comment("clean-answer", "lab", "tiny", right).manual_comment = "Come by"
        book.db.commit()
    before = scorecards(tiny_course / "graded")

    checks = tiny_course / "labs" / "tiny" / "checks.py"
    source = checks.read_text()
    assert source.count(CHANGE[0]) == 1
    checks.write_text(source.replace(*CHANGE))
    shown = lab(tiny_course, "regrade", "tiny", "--dry-run", "--json")
    moves = [e for e in map(json.loads, shown.stdout.splitlines()) if e["event"] == "moved"]
    assert shown.returncode == 0, shown.stderr
    assert right in {m["student"] for m in moves}
    moved = next(m for m in moves if m["student"] == right)
    assert moved["before"] == 5 > moved["after"] and moved["by_hand"] == {"clean": 1.5}
    assert "clean.drops_what_is_below_zero passed -> failed" in moved["reasons"][0]
    assert scorecards(tiny_course / "graded") == before
    assert auto_score(url, right) == 3

    written = lab(tiny_course, "regrade", "tiny")
    assert written.returncode == 0, written.stderr
    told = written.stdout.index(f"{right}: 5 -> {moved['after']:g}. ")
    assert told < written.stdout.index("scores move.") < written.stdout.index("gradebook")
    assert "By hand, and it stays: clean 1.5" in written.stdout
    assert scorecards(tiny_course / "graded")[right]["score"] == moved["after"]
    assert auto_score(url, right) < 3
    with Gradebook(url) as book:
        mark = book.find_grade("clean", "lab", "tiny", right)
        assert (mark.manual_score, mark.extra_credit, mark.score) == (1.5, 0.5, 2.0)
        assert mark.needs_manual_grade
        comment = book.find_comment("clean-answer", "lab", "tiny", right)
        assert comment.manual_comment == "Come by"
    page = tiny_course / "graded" / "feedback" / right / "tiny" / "lab.html"
    assert "Come by" in page.read_text()

    again = lab(tiny_course, "regrade", "tiny")
    assert "None of 3 scores moves." in again.stdout
    assert not (tiny_course / "graded" / ".regrade" / "tiny").exists()


def auto_score(url: str, student: str) -> float:
    with Gradebook(url) as book:
        return float(book.find_grade("clean", "lab", "tiny", student).auto_score)
