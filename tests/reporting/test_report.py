"""The report and the exports: right figures, nothing that runs, marks others can take."""

import csv
import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.api import Gradebook
from small_course import LAB, make_course
from typer.testing import CliRunner

from autograder.cli import instructor_reports
from autograder.contract.lab import Lab, load_lab
from autograder.errors import CourseError
from autograder.grading.layout import OutputLayout
from autograder.recording import sqlite_url, writing
from autograder.reporting.entries import Entry, gather
from autograder.reporting.exports import harmless
from autograder.reporting.page import report_page, write_report
from autograder.reporting.statistics import by_check, by_task, histogram, overview
from autograder.scoring import CheckScore, RunRecord, Scorecard, TaskScore, write_scorecard

APP = typer.Typer()
instructor_reports.register(APP)
NAMES = ("double.doubles_two", "double.doubles_negative", "shift.adds_the_seed")
POINTS = (1.0, 2.0, 1.0)


def card(student: str, *verdicts: str, seconds: float = 1.0, **changes: object) -> Scorecard:
    checks = [
        CheckScore(
            id=name,
            verdict=verdict,
            points=points if verdict == "passed" else 0,
            max_points=points,
            hidden="negative" in name,
            held_out=verdict == "failed",
            message=f"{name} <script>said so</script>" if verdict == "failed" else "",
        )
        for name, points, verdict in zip(NAMES, POINTS, verdicts, strict=False)
    ]
    tasks = [
        TaskScore(
            id=task,
            title=f"The {task}",
            verdict=own[-1].verdict,
            points=sum(c.points for c in own),
            max_points=sum(c.max_points for c in own),
            checks=tuple(own),
        )
        for task in ("double", "shift")
        if (own := [c for c in checks if c.id.startswith(task)])
    ]
    run = RunRecord(
        parameters={}, held_out=False, seconds=seconds, memory_mb=90, status="ok", cells={}
    )
    fields = {
        "student": student,
        "lab": LAB,
        "status": "graded",
        "score": sum(task.points for task in tasks),
        "max_score": 4,
        "tasks": tuple(tasks),
        "runs": (run,),
        "seconds": seconds,
        "submitted_at": datetime(2024, 5, 1, 12, tzinfo=UTC),
    }
    return Scorecard(**(fields | changes))


COHORT = (
    card("ann", "passed", "passed", "passed"),
    card("bob", "passed", "failed", "unattempted", seconds=9),
    card("cy", "failed", "not_run", "passed"),
    card("dee", status="rejected", problem="<script>no JSON</script>", tasks=(), runs=(), score=0),
    card("=cmd()", "passed", "failed", "passed", submitted_at=datetime(2024, 6, 1, tzinfo=UTC)),
)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    course = make_course(tmp_path / "course")
    monkeypatch.setenv("LAB_COURSE", str(course.root))
    return load_lab(course.labs / LAB)


@pytest.fixture
def layout(lab: Lab, tmp_path: Path) -> OutputLayout:
    """Lay a graded cohort out, due before the last submission came."""
    made = OutputLayout(tmp_path / "graded")
    made.root.mkdir()
    with writing(sqlite_url(made.gradebook)) as book:
        book.ensure_assignment(lab, duedate=datetime(2024, 5, 15))
        for one in COHORT:
            write_scorecard(one, made.scorecard(one.student, LAB))
            book.record(lab, one)
    return made


def export(layout: OutputLayout, shape: str) -> str:
    words = ["export", LAB, "--output", str(layout.root), "--to", shape]
    result = CliRunner().invoke(APP, words)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_figures_are_right(lab: Lab, layout: OutputLayout) -> None:
    entries = gather(lab, layout)
    whole = overview(entries)
    assert (whole.submissions, whole.graded, whole.rejected, whole.late) == (5, 4, 1, 1)
    assert (whole.full, whole.nothing, whole.mean, whole.median) == (1, 0, 2.0, 1.5)
    assert histogram(entries) == [0, 0, 2, 0, 0, 1, 0, 0, 0, 0, 1]
    costliest = by_check(entries)[0]
    assert (costliest.id, costliest.lost, costliest.missed) == ("double.doubles_negative", 6.0, 2)
    assert (costliest.hidden, costliest.held_out, costliest.said) == (True, 2, 2)
    double, shift = by_task(entries)
    assert double.verdicts == {
        "passed": 1,
        "failed": 2,
        "unattempted": 0,
        "errored": 0,
        "not_run": 1,
    }
    assert (double.share, shift.share) == (5 / 12, 3 / 4)


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        assert not [name for name, _ in attrs if name.startswith("on")]


def test_the_report_is_whole_inert_and_its_links_lead_somewhere(
    lab: Lab, layout: OutputLayout
) -> None:
    result = CliRunner().invoke(APP, ["feedback", LAB, "--output", str(layout.root)])
    assert "feedback on 5 submissions" in result.output
    path = write_report(lab, layout, course_title="A & B")
    text = path.read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert "script" not in page.tags
    assert page.tags.count("svg") >= 2
    anchors = [link for link in page.links if link.startswith("#")]
    assert all(f'id="{anchor[1:]}"' in text for anchor in anchors)
    links = [link for link in page.links if link not in anchors]
    assert len(links) == 11  # five of each page, and the feedback of the one that was rejected
    for link in links:
        assert (path.parent / unquote(link)).is_file()
    for due in ("A &amp; B", "double.doubles_negative", "rejected", "late", "prefers-color-scheme"):
        assert due in text
    assert "no JSON" in text


def test_a_broken_check_and_a_crash_are_shouted(lab: Lab) -> None:
    broken = CheckScore(
        id="double.doubles_two",
        verdict="errored",
        points=0,
        max_points=1,
        hidden=False,
        message="broke at checks.py:9",
        author_fault=True,
    )
    task = TaskScore(
        id="double", title="", verdict="errored", points=0, max_points=1, checks=(broken,)
    )
    cards = [card("ann", tasks=(task,)), card("bob", status="crashed", problem="x", tasks=())]
    text = report_page(lab, [Entry(one) for one in cards])
    assert "broke at checks.py:9" in text
    assert "1 crashed while being graded" in text
    assert "broke by their own fault" not in report_page(lab, [Entry(card("cy", "passed"))])


def test_nothing_graded_is_told(lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="no scorecard"):
        write_report(lab, OutputLayout(tmp_path / "nowhere"))


def test_our_csv_is_nbgraders(layout: OutputLayout) -> None:
    theirs = layout.root / "theirs.csv"
    url = sqlite_url(layout.gradebook)
    with Gradebook(url) as book:
        book.remove_student("=cmd()")  # nbgrader itself writes the formula
        book.update_or_create_student("eve", first_name="Eve", email="eve@example.org")
    program = Path(sys.executable).parent / "nbgrader"
    subprocess.run(
        [str(program), "export", f"--to={theirs}", f"--db={url}"],
        check=True,
        capture_output=True,
        cwd=layout.root,
    )
    assert export(layout, "csv").splitlines() == theirs.read_text().splitlines()


def test_canvas_and_moodle_get_their_columns(layout: OutputLayout) -> None:
    canvas = list(csv.DictReader(io.StringIO(export(layout, "canvas"))))
    assert canvas[0]["Student"].strip() == "Points Possible"
    assert canvas[0][LAB] == "4.0"
    assert {row["SIS Login ID"]: row[LAB] for row in canvas[1:]} == {
        "ann": "4.0",
        "bob": "1.0",
        "cy": "1.0",
        "dee": "0.0",
        "'=cmd()": "2.0",
    }
    moodle = list(csv.DictReader(io.StringIO(export(layout, "moodle"))))
    assert {row["username"]: row[f"Assignment: {LAB} (Real)"] for row in moodle}["ann"] == "4.0"


def test_json_lines_hold_cards_and_final_marks(layout: OutputLayout) -> None:
    lines = [json.loads(line) for line in export(layout, "jsonl").splitlines()]
    assert {line["student"]: line["final_score"] for line in lines}["bob"] == 1.0
    assert [line["student"] for line in lines if line["late_seconds"]] == ["=cmd()"]
    cards = [
        Scorecard.model_validate(
            {k: v for k, v in line.items() if k in Scorecard.model_fields}, strict=False
        )
        for line in lines
    ]
    assert sorted(c.student for c in cards) == sorted(c.student for c in COHORT)


@given(st.text(max_size=20))
def test_no_cell_begins_a_formula(text: str) -> None:
    cell = harmless(text)
    assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    if text.isprintable():
        assert cell.removeprefix("'") == text.removeprefix("'")
