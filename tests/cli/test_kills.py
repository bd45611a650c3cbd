"""A grader that is killed at any instant goes on, and ends as if nothing had happened."""

import random
import shutil
from pathlib import Path

import pytest
from cohorts import gradebook, hand_in, lab, scorecards
from killing import NOBODY, disturbed

from autograder.contract.lab import Lab

pytestmark = pytest.mark.long

ROUNDS, SEED = 5, 20240501
STUDENTS = 6
WORDS = ("grade", "tiny", "--workers", "2", "--due", "2024-05-02", "--json")


def test_twenty_kills_change_nothing(tiny: Lab, tiny_course: Path) -> None:
    """Kill the leader three times and a process of its own once, five times over."""
    chance = random.Random(SEED)
    names = hand_in(tiny, tiny_course / "submitted", STUDENTS)
    calm = lab(tiny_course, *WORDS)
    assert calm.returncode == 3, calm.stderr  # two submissions cannot be graded
    cards, book = found(tiny_course)
    assert sorted(cards) == names
    kills: list[str] = []
    for _ in range(ROUNDS):
        shutil.rmtree(tiny_course / "graded")
        for _ in range(3):
            kills += disturbed(tiny_course, WORDS, chance, of_its_own=False)
        kills += disturbed(tiny_course, WORDS, chance, of_its_own=True)
        last = lab(tiny_course, *WORDS)
        assert last.returncode == 3, last.stderr
        assert found(tiny_course) == (cards, book), kills
        assert not list((tiny_course / "graded").rglob(".unfinished-*"))
        for name in names:
            assert (tiny_course / "graded" / "feedback" / name / "tiny" / "lab.html").is_file()
    assert len(kills) == 4 * ROUNDS
    assert kills.count(NOBODY) <= ROUNDS, kills


def found(course: Path) -> tuple[object, dict[str, list[str]]]:
    graded = course / "graded"
    return scorecards(graded), gradebook(f"sqlite:///{graded / 'gradebook.db'}")
