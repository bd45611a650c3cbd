"""A course written for plain nbgrader is graded, reported and exported by the same commands."""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.demo.third_party import package_root
from autograder.recording import opened
from autograder.scoring import Scorecard, read_scorecard

pytestmark = pytest.mark.slow
GUIDE = package_root() / "docs" / "source" / "user_guide"
FORGED = """
import ast
class Gone(ast.NodeTransformer):
    def visit_Assert(self, node):
        return ast.Pass()
get_ipython().ast_transformers.append(Gone())
"""


def lab(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if key != "LAB_COURSE"}
    return subprocess.run(
        [sys.executable, "-m", "autograder.cli.app", *words],
        cwd=folder,
        env={**environment, "COLUMNS": "160"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out the guide's course with a forger, a broken notebook, and names in its gradebook."""
    root = tmp_path_factory.mktemp("course")
    for name in ("source", "submitted"):
        shutil.copytree(GUIDE / name, root / name)
    forged = root / "submitted" / "mallory" / "ps1"
    shutil.copytree(GUIDE / "submitted" / "bitdiddle" / "ps1", forged)
    notebook = nbformat.read(forged / "problem1.ipynb", as_version=4)
    answer = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("solution"))
    answer.source = FORGED
    nbformat.write(notebook, forged / "problem1.ipynb")
    torn = root / "submitted" / "torn" / "ps1"
    torn.mkdir(parents=True)
    (torn / "problem1.ipynb").write_text('{"cells": [', encoding="utf-8")
    with opened(f"sqlite:///{root / 'gradebook.db'}") as book:
        book.add_student("hacker", first_name="Alyssa", last_name="Hacker")
        book.add_assignment("ps1", duedate="2015-02-02 15:00:00 UTC")
    (root / "names.csv").write_text("id,first_name,last_name\nbitdiddle,Ben,Bitdiddle\n")
    done = lab("grade", "ps1", "--roster", "names.csv", "--json", folder=root)
    assert done.returncode == 3, done.stdout + done.stderr  # one is no notebook
    assert "can be forged" in done.stderr
    (root / "events.jsonl").write_text(done.stdout)
    return root


def cards(course: Path) -> dict[str, Scorecard]:
    paths = (course / "graded" / "scorecards").glob("*/ps1/scorecard.json")
    return {path.parts[-3]: read_scorecard(path) for path in paths}


def test_scores_are_nbgraders_and_the_forger_has_none_of_what_he_forged(course: Path) -> None:
    found = cards(course)
    assert {name: card.score for name, card in found.items() if name != "mallory"} == {
        "bitdiddle": 1.5,
        "hacker": 3.0,
        "torn": 0.0,
    }
    assert "not a notebook" in found["torn"].problem
    doubted = [c for c in found["mallory"].checks().values() if c.message.startswith("may be")]
    assert {check.id for check in doubted} == {
        "problem1.correct_squares",
        "problem1.correct_sum_of_squares",
    }
    assert all(check.points == 0 for check in doubted)
    events = [json.loads(line) for line in (course / "events.jsonl").read_text().splitlines()]
    assert {e["student"] for e in events if e["event"] == "done"} == set(found)


def test_the_gradebook_has_names_due_date_and_who_must_be_looked_at(course: Path) -> None:
    with opened(f"sqlite:///{course / 'graded' / 'gradebook.db'}") as book:
        names = {s.id: (s.first_name, s.last_name) for s in book.students}
        assert names["hacker"] == ("Alyssa", "Hacker")
        assert names["bitdiddle"] == ("Ben", "Bitdiddle")
        assert names["mallory"] == ("", "mallory")
        assert book.find_assignment("ps1").duedate is not None
        grade = book.find_grade("correct_squares", "problem1", "ps1", "mallory")
        assert (grade.auto_score, grade.needs_manual_grade) == (0.0, True)
        honest = book.find_grade("correct_squares", "problem1", "ps1", "hacker")
        assert (honest.auto_score, honest.needs_manual_grade) == (1.0, False)
        written = book.find_grade("part-a", "problem2", "ps1", "hacker")
        assert (written.auto_score, written.needs_manual_grade) == (None, True)


def test_formgrader_counts_the_submissions_and_has_nothing_to_run(course: Path) -> None:
    root = course / "graded"
    config = Config(PyFileConfigLoader("nbgrader_config.py", str(root)).load_config())
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    assignment = next(a for a in api.get_assignments() if a["name"] == "ps1")
    assert assignment["num_submissions"] == 4
    assert api.get_autograded_students("ps1") == {"bitdiddle", "hacker", "mallory"}
    assert not list((root / "received").rglob("*.ipynb"))
    refused = api.autograde("ps1", "hacker")
    assert not refused["success"]
    assert cards(course)["hacker"].score == 3.0


def test_marks_by_hand_survive_grading_again_and_reach_feedback_and_export(course: Path) -> None:
    url = f"sqlite:///{course / 'graded' / 'gradebook.db'}"
    with opened(url) as book:
        grade = book.find_grade("part-a", "problem2", "ps1", "hacker")
        grade.manual_score, grade.needs_manual_grade = 2.0, False
        book.db.commit()
    done = lab("grade", "ps1", "--json", folder=course)
    assert done.returncode == 3, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [e for e in events if e["event"] == "done" and e["fresh"]] == []
    with opened(url) as book:
        grade = book.find_grade("part-a", "problem2", "ps1", "hacker")
        assert (grade.manual_score, grade.needs_manual_grade) == (2.0, False)
    marks = lab("export", "ps1", "--to", "plain", folder=course)
    rows = {
        row["student_id"]: float(row["score"]) for row in csv.DictReader(io.StringIO(marks.stdout))
    }
    assert rows == {"bitdiddle": 1.5, "hacker": 5.0, "mallory": 0.0, "torn": 0.0}
    assert lab("feedback", "ps1", folder=course).returncode == 0
    page = (course / "graded" / "feedback" / "hacker" / "ps1" / "problem2.html").read_text()
    assert "2 / " in page


def test_the_report_says_what_in_kernel_tests_are_worth(course: Path) -> None:
    done = lab("report", "ps1", folder=course)
    assert done.returncode == 0, done.stderr
    text = (course / "graded" / "reports" / "ps1.html").read_text(encoding="utf-8")
    assert "inside the learner" in text
    assert "may be forged" in text
    assert "Commonest wrong answers" not in text
    found = lab("similar", "ps1", "--json", folder=course)
    assert found.returncode == 0, found.stderr


def test_a_course_of_releases_alone_is_graded_by_what_learners_have(
    course: Path, tmp_path: Path
) -> None:
    shutil.copytree(GUIDE / "release" / "ps1", tmp_path / "release" / "ps1")
    shutil.copytree(course / "submitted" / "hacker", tmp_path / "submitted" / "hacker")
    words = ("grade", "ps1", "--course", str(tmp_path), "--output", str(tmp_path / "out"))
    done = lab(*words, "--no-decoys", folder=course)
    assert done.returncode == 0, done.stderr
    assert "No decoys were asked for" in done.stderr
    card = read_scorecard(tmp_path / "out" / "scorecards" / "hacker" / "ps1" / "scorecard.json")
    assert card.score > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("grade", "ps9", "--course", "."), "no assignment ps9"),
        (("grade", "ps1", "--course", "nowhere"), "is not a folder"),
        (("grade", "ps1", "--submitted", "nowhere"), "is not a folder"),
        (("grade", "ps1", "--roster", "nowhere.csv"), "roster"),
    ],
)
def test_mistakes_are_sentences(course: Path, words: tuple[str, ...], said: str) -> None:
    done = lab(*words, folder=course)
    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
