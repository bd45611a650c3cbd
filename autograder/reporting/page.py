"""Make the instructor's report: one page, self-contained, light and dark."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from autograder.checks.verdict import Verdict
from autograder.contract.lab import Lab
from autograder.grading.layout import OutputLayout
from autograder.reporting.drawing import draw_histogram, draw_verdicts
from autograder.reporting.entries import Entry, gather
from autograder.reporting.statistics import (
    author_faults,
    by_check,
    by_task,
    histogram,
    overview,
    slowest,
)
from autograder.writing import write_in_one_step

_TEMPLATES = Path(__file__).parent / "templates"
_MARKS = {
    Verdict.PASSED: "✓",
    Verdict.FAILED: "✗",
    Verdict.UNATTEMPTED: "○",
    Verdict.ERRORED: "!",
    Verdict.NOT_RUN: "-",
}


def write_report(lab: Lab, layout: OutputLayout, *, course_title: str = "") -> Path:
    """Write the report on every graded submission for `lab` and return its path.

    Raise CourseError when nothing was graded.
    """
    html = report_page(lab, gather(lab, layout), course_title=course_title)
    return write_in_one_step(layout.report(lab.manifest.id), html)


def report_page(lab: Lab, entries: Sequence[Entry], *, course_title: str = "") -> str:
    """Give the report as HTML; it is for instructors, so it names hidden checks."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    whole, checks, tasks = overview(entries), by_check(entries), by_task(entries)
    return environment.get_template("report.html.j2").render(
        lab=lab.manifest,
        course_title=course_title,
        entries=entries,
        whole=whole,
        tasks=tasks,
        checks=checks,
        slowest=slowest(entries),
        faults=author_faults(entries),
        marks=_MARKS,
        verdicts=list(Verdict),
        scores_picture=draw_histogram(histogram(entries), whole.max_score),
        tasks_picture=draw_verdicts({task.id: task.verdicts for task in tasks}),
        made_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
