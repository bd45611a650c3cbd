"""Make the instructor's report: one page, self-contained, light and dark."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from autograder.checks.verdict import Verdict
from autograder.contract.lab import Lab
from autograder.grading.layout import OutputLayout
from autograder.reporting.answers import read_answers
from autograder.reporting.drawing import draw_bars, draw_histogram, draw_verdicts
from autograder.reporting.entries import Entry, gather
from autograder.reporting.failures import failures
from autograder.reporting.mistakes import Mistakes, find_mistakes, known_mistakes
from autograder.reporting.similarity import LEAST_SHARE, Similarity, find_similar
from autograder.reporting.statistics import (
    author_faults,
    by_check,
    by_task,
    histogram,
    overview,
    slowest,
)
from autograder.reporting.subject import Subject, subject_of
from autograder.reporting.timing import hand_in_bars, run_times
from autograder.writing import write_in_one_step


@dataclass(frozen=True)
class Compared:
    """Hold what reading the learners' code gave; `mistakes` is None where none are known."""

    mistakes: Mistakes | None
    similarity: Similarity


_TEMPLATES = Path(__file__).parent / "templates"
_MARKS = {
    Verdict.PASSED: "✓",
    Verdict.FAILED: "✗",
    Verdict.UNATTEMPTED: "○",
    Verdict.ERRORED: "!",
    Verdict.NOT_RUN: "-",
}


def write_report(
    work: Lab | Subject, layout: OutputLayout, *, course_title: str = "", compare: bool = False
) -> Path:
    """Write the report on every graded submission for `work` and return its path.

    With `compare` the learners' code is read too, for known wrong answers and for likeness; that
    takes time which grading itself does not spend. Raise CourseError when nothing was graded.
    """
    subject = work if isinstance(work, Subject) else subject_of(work)
    entries = gather(subject, layout)
    compared = compare_answers(subject, layout, entries) if compare else None
    html = report_page(subject, entries, course_title=course_title, compared=compared)
    return write_in_one_step(layout.report(subject.id), html)


def compare_answers(
    subject: Subject, layout: OutputLayout, entries: Sequence[Entry], *, least: float = LEAST_SHARE
) -> Compared:
    """Read what learners wrote; match it with known wrong answers and with each other."""
    answers = read_answers(subject, layout, [entry.card.student for entry in entries])
    known = known_mistakes(subject.lab) if subject.lab is not None else ()
    return Compared(
        find_mistakes(known, entries, answers) if subject.lab is not None else None,
        find_similar(subject, answers, least=least),
    )


def report_page(
    work: Lab | Subject,
    entries: Sequence[Entry],
    *,
    course_title: str = "",
    compared: Compared | None = None,
) -> str:
    """Give the report as HTML; it is for instructors, so it names hidden checks."""
    subject = work if isinstance(work, Subject) else subject_of(work)
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    whole, checks, tasks = overview(entries), by_check(entries), by_task(entries)
    hand_ins, runs = hand_in_bars(entries), run_times(entries)
    return environment.get_template("report.html.j2").render(
        subject=subject,
        course_title=course_title,
        entries=entries,
        whole=whole,
        tasks=tasks,
        checks=checks,
        compared=compared,
        failures=failures(entries),
        runs=runs,
        slowest=slowest(entries),
        faults=author_faults(entries),
        marks=_MARKS,
        verdicts=list(Verdict),
        scores_picture=draw_histogram(histogram(entries), whole.max_score),
        tasks_picture=draw_verdicts({task.id: task.verdicts for task in tasks}),
        hand_ins_picture=draw_bars(hand_ins, "handed in, UTC", "When work was handed in")
        if hand_ins
        else "",
        runs_picture=draw_bars(runs.bars, "seconds, from this many on", "Seconds a notebook ran")
        if runs
        else "",
        made_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
