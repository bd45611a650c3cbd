"""`lab grade` on a plain nbgrader assignment: its own tests, on our engine and sandbox."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import nbformat
import typer
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from autograder.classic.assignment import (
    PlainAssignment,
    find_plain_assignment,
    require_plain_assignment,
)
from autograder.classic.cards import card_of_notebook
from autograder.classic.cohort import Decoys, calibrated_decoys, grade_plain_cohort
from autograder.classic.decoys import is_test
from autograder.classic.gradebook import ensure_plain_assignment, record_plain
from autograder.classic.people import known_students
from autograder.classic.recorded import is_recorded, note_recorded
from autograder.cli.formgrader import write_plain_config
from autograder.cli.grade_view import GradeView, print_summary
from autograder.cli.layers import require_layers
from autograder.cli.pipeline import make_output
from autograder.errors import CourseError
from autograder.execution import Confinement, detect_confinement
from autograder.feedback.page import write_feedback
from autograder.grading.alone import only_grader
from autograder.grading.cohort import Graded
from autograder.grading.intake import Submission, find_submissions
from autograder.grading.layout import OutputLayout
from autograder.paths import COURSE_VARIABLE, find_course
from autograder.recording.gradebook import GradebookWriter, writing
from autograder.recording.marks import read_marks
from autograder.recording.opening import opened, sqlite_url
from autograder.reporting.page import write_report
from autograder.reporting.subject import subject_of_assignment
from autograder.scoring import Scorecard, Status

COULD_NOT_GRADE_ALL = 3
_MARKS = ("source", "release", "nbgrader_config.py")


@dataclass(frozen=True)
class PlainRun:
    """Say what of a plain course to grade, how, and where the findings go."""

    assignment: PlainAssignment
    submitted: Path | None = None
    output: Path | None = None
    workers: int | None = None
    roster: Path | None = None
    decoys: bool = True
    """Whether each notebook runs once more with tests that expect something wrong."""
    due: datetime | None = None
    db_url: str | None = None
    """The gradebook's database; without it the course's setting counts, then SQLite."""

    @property
    def layout(self) -> OutputLayout:
        return OutputLayout((self.output or self.assignment.course / "graded").resolve())

    def submissions(self) -> list[Submission]:
        """Find what was handed in; raise CourseError when there is nothing."""
        return find_submissions(self.submitted or self.assignment.submitted, self.assignment.id)

    def gradebook_url(self) -> str:
        """Return the gradebook's address: as asked for, as the course has it, or in the output."""
        return self.db_url or self.assignment.shared_db_url or sqlite_url(self.layout.gradebook)


def plain_assignment(name: str, course: Path | None) -> PlainAssignment | None:
    """Find the plain nbgrader assignment that is meant; None where it is a lab of the course.

    `course` names the nbgrader course; without it the current folder or one above it may be one,
    and an assignment without lab.toml may stand among the course's labs.
    """
    if course is not None:
        return require_plain_assignment(course, name)
    try:
        root = find_course().root
    except CourseError:
        if COURSE_VARIABLE in os.environ:
            raise
        here = Path.cwd().resolve()
        for folder in (here, *here.parents):
            if any((folder / mark).exists() for mark in _MARKS):
                found = find_plain_assignment(folder, name)
                if found is not None:
                    return found
        raise
    return find_plain_assignment(root, name)


def grade_plain_course(run: PlainRun, *, require_sandbox: bool, as_data: bool) -> None:
    """Grade a cohort as `lab grade` shows it; exit with 3 when some could not be graded."""
    confinement, decoys = ready_to_grade(run, require_sandbox=require_sandbox)
    total = len(run.submissions())
    with GradeView(run.assignment, total, confinement, as_data=as_data) as view:
        failed = grade_plain_into(run, confinement, decoys, started=view.started, done=view.done)
    if not as_data:
        print_summary(run.assignment, run.layout)
    if failed:
        raise typer.Exit(COULD_NOT_GRADE_ALL)


def ready_to_grade(run: PlainRun, *, require_sandbox: bool) -> tuple[Confinement, Decoys]:
    """See which layers there are, make decoys, and say what both are worth."""
    confinement = replace(detect_confinement(), strict=require_sandbox)
    require_layers(confinement, strict=require_sandbox)
    run.submissions()  # nobody waits for decoys where nothing was handed in
    decoys = calibrated_decoys(run.assignment, confinement) if run.decoys else {}
    typer.secho(_about(run.assignment, decoys, on=run.decoys), fg=typer.colors.YELLOW, err=True)
    return confinement, decoys


def grade_plain_into(
    run: PlainRun,
    confinement: Confinement,
    decoys: Decoys,
    *,
    started: Callable[[Submission], None] = lambda _: None,
    done: Callable[[Graded], None] = lambda _: None,
) -> int:
    """Grade a cohort, bring the output folder up to date; return how many could not be graded."""
    submissions, layout = run.submissions(), run.layout
    make_output(layout)
    failed = 0
    with only_grader(layout, run.assignment.id), recording_plain(run) as book:
        for graded in grade_plain_cohort(
            run.assignment,
            submissions,
            layout.root,
            confinement=confinement,
            workers=run.workers,
            decoys=decoys,
            started=started,
        ):
            record_plain_card(run, graded.card, book)
            failed += graded.card.status is not Status.GRADED
            done(graded)
    conclude_plain(run)
    return failed


def conclude_plain(run: PlainRun) -> None:
    """Write what is about the whole cohort."""
    write_report(subject_of_assignment(run.assignment), run.layout)
    write_plain_config(run.assignment, run.layout.root)


def executed_notebooks(
    assignment: PlainAssignment, layout: OutputLayout, student: str
) -> dict[str, NotebookNode]:
    """Read the notebooks of a submission that was graded, by name."""
    folder = layout.executed(student, assignment.id).parent
    paths = {name: folder / f"{name}.ipynb" for name in assignment.masters}
    return {
        name: nbformat.read(path, as_version=4) for name, path in paths.items() if path.is_file()
    }


@contextmanager
def recording_plain(run: PlainRun) -> Iterator[GradebookWriter]:
    """Open the gradebook and make it know the assignment."""
    roster = known_students(run.assignment.course, run.roster)
    url = run.gradebook_url()
    with writing(url, config=run.assignment.config, roster=roster) as writer:
        run.layout.keep_gradebook_at(url)
        with writer.turn():
            ensure_plain_assignment(writer, run.assignment, duedate=run.due)
        yield writer


def record_plain_card(run: PlainRun, card: Scorecard, book: GradebookWriter) -> None:
    """Bring gradebook and feedback pages up to one scorecard."""
    notebooks = executed_notebooks(run.assignment, run.layout, card.student)
    with book.turn():
        fresh = not is_recorded(run.layout, card)
        record_plain(book, run.assignment, card, notebooks, fresh=fresh)
    if card.status is not Status.CRASHED:
        note_recorded(run.layout, card)
    _write_pages(run.assignment, run.layout, card, notebooks, book.book)


def write_plain_feedback(
    assignment: PlainAssignment, layout: OutputLayout, card: Scorecard
) -> None:
    """Write the feedback pages of one submission anew, with the gradebook's marks."""
    with opened(layout.gradebook_url) as book:
        notebooks = executed_notebooks(assignment, layout, card.student)
        _write_pages(assignment, layout, card, notebooks, book)


def _write_pages(
    assignment: PlainAssignment,
    layout: OutputLayout,
    card: Scorecard,
    notebooks: Mapping[str, NotebookNode],
    book: Gradebook,
) -> None:
    plan = assignment.plan()
    for name in assignment.masters:
        page = layout.feedback(card.student, assignment.id).with_name(f"{name}.html")
        marks = read_marks(book, assignment.id, card.student, notebook=name)
        write_feedback(page, card_of_notebook(plan, name, card), notebooks.get(name), marks)


def _about(assignment: PlainAssignment, decoys: Decoys, *, on: bool) -> str:
    tests = sum(is_test(cell) for master in assignment.masters.values() for cell in master.cells)
    guarded = sum(map(len, decoys.values()))
    text = (
        f"{assignment.id} is a plain nbgrader assignment: its tests run inside the learner's "
        "kernel, where they can be forged. "
    )
    if not on:
        return text + "No decoys were asked for (--decoys)."
    return text + (
        f"Decoys watch over {guarded} of {tests} test cells; a test that lets a wrong expectation "
        "pass earns nothing and waits for a person."
    )
