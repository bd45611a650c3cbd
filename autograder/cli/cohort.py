"""`lab grade` and `lab regrade`: a cohort from submissions to gradebook, feedback and report."""

import os
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.grade_view import GradeView, print_summary
from autograder.cli.selection import choose_lab
from autograder.contract.lab import Lab
from autograder.course.loading import load_course
from autograder.errors import CourseError
from autograder.execution import Confinement, detect_confinement
from autograder.execution.environment import warm_font_list
from autograder.feedback.page import write_feedback
from autograder.grading.cohort import Graded, grade_cohort
from autograder.grading.intake import find_submissions
from autograder.grading.layout import OutputLayout
from autograder.paths import CoursePaths, find_course
from autograder.recording.gradebook import GradebookWriter, writing
from autograder.recording.marks import read_marks
from autograder.recording.opening import sqlite_url
from autograder.reporting.page import write_report

COULD_NOT_GRADE_ALL = 3

LabId = Annotated[str, typer.Argument(help="The lab to grade.")]
Submitted = Annotated[
    Path | None,
    typer.Option(help="Folder of STUDENT/LAB/ folders.", show_default="submitted/ in the course"),
]
Output = Annotated[
    Path | None, typer.Option(help="Where the findings go.", show_default="graded/ in the course")
]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Submissions graded side by side.", show_default="cores")
]
Strict = Annotated[
    bool, typer.Option("--require-sandbox", help="Refuse to grade with fewer than all layers.")
]
AsData = Annotated[bool, typer.Option("--json", help="Print one JSON line per event.")]


def register(app: typer.Typer) -> None:
    """Add the grading commands to `app`."""
    app.command("grade", rich_help_panel="Instructors")(grade)
    app.command("regrade", rich_help_panel="Instructors")(regrade)


def grade(
    lab_id: LabId,
    submitted: Submitted = None,
    output: Output = None,
    workers: Workers = None,
    require_sandbox: Strict = False,
    as_data: AsData = False,
) -> None:
    """Grade every submission for a lab; what was graded before and has not changed is kept.

    Reads submitted/STUDENT/LAB/lab.ipynb, and writes below the output folder a scorecard and a
    feedback page per submission, the gradebook and a report. A submission that cannot be graded
    gets a scorecard that says why and stops nobody else's. Interrupt it at any time: the same
    command goes on. Exits 3 when a submission's grading crashed.

    Example: lab grade 11_data_quality --submitted submitted --output graded
    """
    _grade(lab_id, submitted, output, workers, require_sandbox, as_data, again=False)


def regrade(
    lab_id: LabId,
    submitted: Submitted = None,
    output: Output = None,
    workers: Workers = None,
    require_sandbox: Strict = False,
    as_data: AsData = False,
) -> None:
    """Grade every submission for a lab once more, whatever stands; manual marks stay.

    Example: lab regrade 11_data_quality --output graded
    """
    _grade(lab_id, submitted, output, workers, require_sandbox, as_data, again=True)


def _grade(
    lab_id: str,
    submitted: Path | None,
    output: Path | None,
    workers: int | None,
    require_sandbox: bool,
    as_data: bool,
    *,
    again: bool,
) -> None:
    course = find_course()
    lab = choose_lab(course, lab_id)
    confinement = detect_confinement()
    _require(confinement, strict=require_sandbox)
    layout = OutputLayout((output or course.root / "graded").resolve())
    submissions = find_submissions(submitted or course.root / "submitted", lab.manifest.id)
    warm_font_list()
    _writable(layout.root)
    crashed = 0
    with (
        writing(sqlite_url(layout.gradebook), config=_nbgrader_config(course)) as book,
        GradeView(lab, len(submissions), confinement, as_data=as_data) as view,
    ):
        book.ensure_assignment(lab)
        for done in grade_cohort(
            lab,
            submissions,
            layout.root,
            confinement=confinement,
            workers=workers or os.cpu_count(),
            again=again,
            started=view.started,
        ):
            _record(lab, done, layout, book)
            crashed += done.card.status == "crashed"
            view.done(done)
    write_report(lab, layout, course_title=load_course(course).title)
    if not as_data:
        print_summary(lab, layout)
    if crashed:
        raise typer.Exit(COULD_NOT_GRADE_ALL)


def _record(lab: Lab, done: Graded, layout: OutputLayout, book: GradebookWriter) -> None:
    """Bring gradebook and feedback page up to one scorecard."""
    import nbformat

    student = done.submission.student
    book.record(lab, done.card)
    executed = layout.executed(student, lab.manifest.id)
    notebook = nbformat.read(executed, as_version=4) if executed.is_file() else None
    marks = read_marks(book.book, lab.manifest.id, student)
    write_feedback(layout.feedback(student, lab.manifest.id), done.card, notebook, marks)


def _require(confinement: Confinement, *, strict: bool) -> None:
    if confinement.complete:
        return
    missing = "; ".join(confinement.missing)
    if strict:
        raise CourseError(
            f"Refusing to grade: {missing}.", mend="`lab doctor` says what this system grants."
        )
    typer.secho(f"Warning: graded without {missing}.", fg=typer.colors.YELLOW, err=True)


def _writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CourseError(
            f"Cannot make {folder}: {error.strerror or error}.", mend="Choose another --output."
        ) from error


def _nbgrader_config(course: CoursePaths) -> object:
    """Load the course's nbgrader_config.py, which names the late submission plugin."""
    from traitlets.config import PyFileConfigLoader

    path = course.root / "nbgrader_config.py"
    return PyFileConfigLoader(path.name, str(path.parent)).load_config() if path.is_file() else None
