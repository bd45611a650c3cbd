"""A plain nbgrader course's grader that is killed ends as if nothing had happened."""

import random
import shutil
from pathlib import Path

import nbformat
import pytest
from cohorts import gradebook, lab, scorecards
from killing import NOBODY, disturbed
from plain_cohort import ASSIGNMENT, NOTEBOOK, lay_out_plain

pytestmark = pytest.mark.long

ROUNDS, SEED = 2, 20240502
STUDENTS = 6
WORDS = ("grade", ASSIGNMENT, "--course", ".", "--workers", "2", "--json")


def test_eight_kills_change_nothing_of_a_plain_course(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    names = lay_out_plain(tmp_path, STUDENTS)
    calm = lab(tmp_path, *WORDS)
    assert calm.returncode == 3, calm.stderr  # two submissions cannot be graded
    cards, book = found(tmp_path)
    assert [cards[name]["score"] for name in names] == [2, 0, 0, 0, 1, 0]
    kills: list[str] = []
    for _ in range(ROUNDS):
        shutil.rmtree(tmp_path / "graded")
        for of_its_own in (False, True, False, True):
            kills += disturbed(tmp_path, WORDS, chance, of_its_own=of_its_own)
        last = lab(tmp_path, *WORDS)
        assert last.returncode == 3, last.stderr
        assert found(tmp_path) == (cards, book), kills
        graded = tmp_path / "graded"
        assert not list(graded.rglob(".unfinished-*"))
        for name in names:
            assert (graded / "feedback" / name / ASSIGNMENT / f"{NOTEBOOK}.html").is_file()
            if cards[name]["status"] == "graded":
                path = graded / "autograded" / name / ASSIGNMENT / f"{NOTEBOOK}.ipynb"
                nbformat.validate(nbformat.read(path, as_version=4))
    assert len(kills) == 4 * ROUNDS
    assert kills.count(NOBODY) <= ROUNDS, kills


def found(course: Path) -> tuple[dict[str, object], dict[str, list[str]]]:
    graded = course / "graded"
    return scorecards(graded), gradebook(f"sqlite:///{graded / 'gradebook.db'}")
