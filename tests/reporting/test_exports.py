"""Marks handed over are read back the same, and no cell of them runs in a spreadsheet."""

import csv
import io
import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.api import Gradebook
from test_report import APP, COHORT, card, export, lab, layout  # noqa: F401 - fixtures
from typer.testing import CliRunner

from autograder.grading.layout import OutputLayout
from autograder.recording import sqlite_url
from autograder.recording.marks import Marks
from autograder.reporting.entries import Entry
from autograder.reporting.exports import CSV_FORMATS, GradeRow
from autograder.reporting.gradescope import as_results_json

LAB = "01_small"
# Which column of each form names the student, which one holds the score, and the rows above.
FORMS = {
    "csv": ("student_id", "score", 0),
    "plain": ("student_id", "score", 0),
    "canvas": ("SIS Login ID", LAB, 1),
    "moodle": ("username", f"Assignment: {LAB} (Real)", 0),
    "blackboard": ("Username", f"{LAB} [Total Pts: 4 Score]", 0),
    "classroom": ("Email Address", LAB, 2),
}


def row(student: str, score: float, **names: str) -> GradeRow:
    texts = {"last_name": "", "first_name": "", "email": "", "lms_user_id": ""}
    return GradeRow(
        student_id=student,
        assignment=LAB,
        duedate=None,
        timestamp=None,
        raw_score=score,
        late_submission_penalty=0.0,
        score=score,
        max_score=4.0,
        **{**texts, **names},
    )


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read_back_by_csv_and_pandas(form: str, layout: OutputLayout) -> None:  # noqa: F811
    student, score, above = FORMS[form]
    text = export(layout, form)
    rows = list(csv.DictReader(io.StringIO(text)))[above:]
    due = {"ann": 4.0, "bob": 1.0, "cy": 1.0, "dee": 0.0, "'=cmd()": 2.0}
    assert {found[student]: float(found[score]) for found in rows} == due
    frame = pd.read_csv(io.StringIO(text), skiprows=range(1, above + 1))
    assert frame[score].astype(float).sum() == sum(due.values())
    assert len(frame) == len(due)


def test_every_form_is_offered() -> None:
    assert set(FORMS) == set(CSV_FORMATS)


NASTY = st.text(max_size=12) | st.sampled_from(
    ["=1+1", "+A1", "-2", "@SUM(A1)", "\t=x", "\r=x", "\n=x", " =x", "\uff1d1", '","=x', 'a"\n=x']
)


@given(st.sampled_from(sorted(FORMS)), NASTY, NASTY, NASTY, st.floats(0, 1e6))
def test_no_name_makes_a_formula_and_all_survive_the_round_trip(
    form: str, student: str, first: str, last: str, score: float
) -> None:
    made = row(student, score, first_name=first, last_name=last, email="a@b.c", lms_user_id=last)
    text = CSV_FORMATS[form]([made])
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert len(rows) == 2 + FORMS[form][2]
    assert {len(cells) for cells in rows} == {len(rows[0])}
    for cells in rows:
        for cell in cells:
            assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"))
    place = rows[0].index(FORMS[form][1])
    assert float(rows[-1][place]) == score


def test_blackboard_quotes_every_cell_and_a_stand_in_is_no_name() -> None:
    text = CSV_FORMATS["blackboard"]([row("ann", 2.0, last_name="ann")])
    assert text.splitlines()[1] == '"","","ann","2.0"'
    named = CSV_FORMATS["canvas"]([row("ann", 2.0, last_name="Ng", first_name="Ann")])
    assert named.splitlines()[2].startswith('"Ng, Ann",')


def test_gradescope_gets_a_file_a_submission_and_nothing_hidden(
    layout: OutputLayout,  # noqa: F811
    tmp_path: Path,
) -> None:
    folder = tmp_path / "gradescope"
    words = ["export", LAB, "--output", str(layout.root), "--to", "gradescope"]
    assert CliRunner().invoke(APP, words).exit_code != 0  # it needs a folder
    result = CliRunner().invoke(APP, [*words, "--file", str(folder)])
    assert result.exit_code == 0, result.output
    assert {p.name for p in folder.iterdir()} == {one.student for one in COHORT}
    found = json.loads((folder / "bob" / "results.json").read_text())
    assert found["score"] == 1.0
    by_number = {test["number"]: test for test in found["tests"]}
    assert [by_number[n]["status"] for n in ("1.1", "1.2", "2.1")] == ["passed", "failed", "failed"]
    assert by_number["1.2"]["name"] == "double: a hidden check"
    assert "negative" not in (folder / "bob" / "results.json").read_text()
    refused = json.loads((folder / "dee" / "results.json").read_text())
    assert (refused["score"], refused["tests"]) == (0.0, [])
    assert "no JSON" in refused["output"]


# The keys and values that Gradescope's autograder specification names.
_TEST = {"score", "max_score", "status", "name", "name_format", "number", "output"}
_TEST |= {"output_format", "tags", "visibility", "extra_data"}
_TOP = {"score", "execution_time", "output", "output_format", "test_output_format", "tests"}
_TOP |= {"test_name_format", "visibility", "stdout_visibility", "extra_data", "leaderboard"}
_SEEN = {"hidden", "after_due_date", "after_published", "visible"}
_FORMATS = {"text", "html", "simple_format", "md", "ansi"}


@pytest.mark.parametrize("one", COHORT, ids=lambda c: c.student)
def test_results_follow_gradescopes_specification(one: object) -> None:
    found = json.loads(as_results_json(Entry(one)))
    assert set(found) <= _TOP
    assert isinstance(found["execution_time"], int)
    assert {found["visibility"], found["stdout_visibility"]} <= _SEEN
    for test in found["tests"]:
        assert set(test) <= _TEST
        assert test["status"] in ("passed", "failed")
        assert test["visibility"] in _SEEN
        assert {test["name_format"], test["output_format"]} <= _FORMATS
        assert all(isinstance(tag, str) for tag in test["tags"])
    assert sum(test["score"] for test in found["tests"]) == pytest.approx(found["score"])


def test_manual_marks_and_lateness_reach_gradescope() -> None:
    marks = Marks(points={"double": 3.0, "shift": 1.0}, late_penalty=0.5, seconds_late=60)
    found = json.loads(as_results_json(Entry(card("ann", "passed", "failed", "passed"), marks)))
    assert found["score"] == 3.5
    assert "from 2 to 4" in found["output"]
    assert "0.5 points off" in found["output"]


def test_manual_marks_are_in_every_form(layout: OutputLayout) -> None:  # noqa: F811
    with Gradebook(sqlite_url(layout.gradebook)) as book:
        grade = book.find_grade("double", "lab", LAB, "bob")
        grade.manual_score = 2.5
        book.db.commit()
    for form, (student, score, above) in FORMS.items():
        rows = list(csv.DictReader(io.StringIO(export(layout, form))))[above:]
        assert {r[student]: float(r[score]) for r in rows}["bob"] == 2.5, form
