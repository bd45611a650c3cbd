"""Grade a cohort into scorecards, gradebook, feedback pages and a report: the rooms in a row."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
from autograder.grading.alone import only_grader
from autograder.grading.cohort import Graded, OpenGraders, grade_cohort
from autograder.grading.intake import Submission, find_submissions
from autograder.grading.layout import OutputLayout
from autograder.paths import CoursePaths
from autograder.recording.gradebook import GradebookWriter, writing
from autograder.recording.marks import read_marks
from autograder.recording.opening import sqlite_url
from autograder.reporting.page import write_report
from autograder.scoring import Scorecard, Status


@dataclass(frozen=True)
class CohortRun:
    """Say what to grade, how, and where the findings go."""

    course: CoursePaths
    lab: Lab
    submitted: Path
    layout: OutputLayout
    confinement: Confinement
    workers: int
    due: datetime | None = None
    """When the lab was due, UTC; later submissions count as late."""
    roster: Path | None = None
    """A CSV file with the students' names, besides those of the course's own gradebook."""
    db_url: str | None = None
    """The gradebook's database; without it the course's setting counts, then SQLite."""
    graders: OpenGraders | None = None
    """Who grades; without it this machine does."""

    def submissions(self) -> list[Submission]:
        """Find what was handed in; raise CourseError when there is nothing."""
        return find_submissions(self.submitted, self.lab.manifest.id)

    def gradebook_url(self) -> str:
        """Return the gradebook's address: as asked for, as the course has it, or in the output."""
        setting = _nbgrader_config(self.course).get("CourseDirectory", {}).get("db_url", "")
        # Every nbgrader course has an SQLite address, in its own folder, by default.
        shared = "" if str(setting).startswith("sqlite") else str(setting)
        return self.db_url or shared or sqlite_url(self.layout.gradebook)


def grade_into(
    run: CohortRun,
    *,
    started: Callable[[Submission], None] = lambda _: None,
    done: Callable[[Graded], None] = lambda _: None,
) -> int:
    """Grade a cohort, bring the output folder up to date; return how many could not be graded."""
    submissions = run.submissions()
    failed = 0
    make_output(run.layout)
    with only_grader(run.layout, run.lab.manifest.id), recording(run) as book:
        for graded in graded_submissions(run, submissions, run.layout, started):
            record_one(run, graded.card, book)
            failed += graded.card.status is not Status.GRADED
            done(graded)
        conclude(run)
    return failed


def graded_submissions(
    run: CohortRun,
    submissions: list[Submission],
    layout: OutputLayout,
    started: Callable[[Submission], None],
) -> Iterator[Graded]:
    """Grade `submissions` into `layout`, and nothing else."""
    warm_font_list()
    yield from grade_cohort(
        run.lab,
        submissions,
        layout.root,
        confinement=run.confinement,
        workers=run.workers,
        started=started,
        graders=run.graders,
    )


@contextmanager
def recording(run: CohortRun) -> Iterator[GradebookWriter]:
    """Open the gradebook and make it know the lab."""
    url = run.gradebook_url()
    roster = known_students(run.course.root, run.roster)
    with writing(url, config=_nbgrader_config(run.course), roster=roster) as book:
        run.layout.keep_gradebook_at(url)
        book.ensure_assignment(run.lab, duedate=run.due)
        yield book


def record_one(run: CohortRun, card: Scorecard, book: GradebookWriter) -> None:
    """Bring gradebook and feedback page up to one scorecard."""
    student, lab_id = card.student, run.lab.manifest.id
    book.record(run.lab, card)
    executed = run.layout.executed(student, lab_id)
    notebook = nbformat.read(executed, as_version=4) if executed.is_file() else None
    marks = read_marks(book.book, lab_id, student)
    write_feedback(run.layout.feedback(student, lab_id), card, notebook, marks)


def conclude(run: CohortRun) -> None:
    """Write what is about the whole cohort."""
    write_report(run.lab, run.layout)
    write_config(run.course, run.layout.root)


def make_output(layout: OutputLayout) -> None:
    """Make the output folder; raise CourseError where that cannot be."""
    try:
        layout.root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CourseError(
            f"Cannot make {layout.root}: {error.strerror or error}.",
            mend="Choose another --output.",
        ) from error


def _nbgrader_config(course: CoursePaths) -> Config:
    """Load the course's nbgrader_config.py, which names the late submission plugin."""
    path = course.root / "nbgrader_config.py"
    if not path.is_file():
        return Config()
    loaded: Any = PyFileConfigLoader(path.name, str(path.parent)).load_config()
    return Config(loaded)
