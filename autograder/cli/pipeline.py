"""Grade a cohort into scorecards, gradebook, feedback pages and a report: the rooms in a row."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.classic.people import known_students
from autograder.cli.formgrader import write_config
from autograder.contract.lab import Lab
from autograder.errors import CourseError
from autograder.execution import Confinement
from autograder.execution.environment import warm_font_list
from autograder.feedback.page import write_feedback
from autograder.grading.cohort import Graded, grade_cohort
from autograder.grading.intake import Submission, find_submissions
from autograder.grading.layout import OutputLayout
from autograder.paths import CoursePaths
from autograder.recording.gradebook import GradebookWriter, writing
from autograder.recording.marks import read_marks
from autograder.recording.opening import sqlite_url
from autograder.reporting.page import write_report


@dataclass(frozen=True)
class CohortRun:
    """Say what to grade, how, and where the findings go."""

    course: CoursePaths
    lab: Lab
    submitted: Path
    layout: OutputLayout
    confinement: Confinement
    workers: int
    again: bool = False
    due: datetime | None = None
    """When the lab was due, UTC; later submissions count as late."""
    roster: Path | None = None
    """A CSV file with the students' names, besides those of the course's own gradebook."""

    def submissions(self) -> list[Submission]:
        """Find what was handed in; raise CourseError when there is nothing."""
        return find_submissions(self.submitted, self.lab.manifest.id)


def grade_into(
    run: CohortRun,
    *,
    started: Callable[[Submission], None] = lambda _: None,
    done: Callable[[Graded], None] = lambda _: None,
) -> int:
    """Grade a cohort, bring the output folder up to date; return how many crashed."""
    submissions = run.submissions()
    _make(run.layout.root)
    warm_font_list()
    crashed = 0
    with writing(
        sqlite_url(run.layout.gradebook),
        config=_nbgrader_config(run.course),
        roster=known_students(run.course.root, run.roster),
    ) as book:
        book.ensure_assignment(run.lab, duedate=run.due)
        for graded in grade_cohort(
            run.lab,
            submissions,
            run.layout.root,
            confinement=run.confinement,
            workers=run.workers,
            again=run.again,
            started=started,
        ):
            _record(run, graded, book)
            crashed += graded.card.status == "crashed"
            done(graded)
    write_report(run.lab, run.layout)
    write_config(run.course, run.layout.root)
    return crashed


def _record(run: CohortRun, graded: Graded, book: GradebookWriter) -> None:
    """Bring gradebook and feedback page up to one scorecard."""
    student, lab_id = graded.submission.student, run.lab.manifest.id
    book.record(run.lab, graded.card)
    executed = run.layout.executed(student, lab_id)
    notebook = nbformat.read(executed, as_version=4) if executed.is_file() else None
    marks = read_marks(book.book, lab_id, student)
    write_feedback(run.layout.feedback(student, lab_id), graded.card, notebook, marks)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CourseError(
            f"Cannot make {folder}: {error.strerror or error}.", mend="Choose another --output."
        ) from error


def _nbgrader_config(course: CoursePaths) -> Config | None:
    """Load the course's nbgrader_config.py, which names the late submission plugin."""
    path = course.root / "nbgrader_config.py"
    if not path.is_file():
        return None
    loaded: Any = PyFileConfigLoader(path.name, str(path.parent)).load_config()
    return Config(loaded)
