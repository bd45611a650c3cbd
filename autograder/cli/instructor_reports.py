"""`lab report`, `lab feedback`, `lab export`: what comes of a graded cohort."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import nbformat
import typer
from rich.console import Console

from autograder.contract.lab import Lab
from autograder.errors import CourseError
from autograder.feedback.page import write_feedback
from autograder.grading.layout import OutputLayout
from autograder.learning.places import the_lab
from autograder.paths import find_course
from autograder.recording.opening import opened, sqlite_url
from autograder.reporting.entries import gather
from autograder.reporting.exports import CSV_FORMATS, as_json_lines, grade_rows
from autograder.reporting.page import write_report

INSTRUCTORS = "Instructors"


class Shape(StrEnum):
    """Name the forms in which marks are handed over."""

    CSV = "csv"
    CANVAS = "canvas"
    MOODLE = "moodle"
    JSONL = "jsonl"


LabId = Annotated[str, typer.Argument(help="The lab that was graded.")]
Graded = Annotated[
    Path | None,
    typer.Option("--output", help="Where it was graded to.", show_default="graded/ in the course"),
]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("feedback", rich_help_panel=INSTRUCTORS)(feedback)
    app.command("report", rich_help_panel=INSTRUCTORS)(report)
    app.command("export", rich_help_panel=INSTRUCTORS)(export)


def feedback(lab_id: LabId, output: Graded = None) -> None:
    """Write the feedback pages anew, with the marks and comments given by hand since grading.

    Example: lab feedback 11_data_quality --output graded
    """
    lab, layout = _graded(lab_id, output)
    entries = gather(lab, layout)
    for entry in entries:
        student = entry.card.student
        executed = layout.executed(student, lab_id)
        notebook = nbformat.read(executed, as_version=4) if executed.is_file() else None
        write_feedback(layout.feedback(student, lab_id), entry.card, notebook, entry.marks)
    where = layout.root / "feedback"
    Console().print(f"Wrote {len(entries)} feedback pages to {where}", highlight=False)


def report(lab_id: LabId, output: Graded = None) -> None:
    """Write the report anew: scores, tasks, costly checks, and every submission.

    Example: lab report 11_data_quality --output graded
    """
    lab, layout = _graded(lab_id, output)
    Console().print(f"Wrote {write_report(lab, layout)}", highlight=False)


def export(
    lab_id: LabId,
    output: Graded = None,
    to: Annotated[Shape, typer.Option(help="The form: for whom it is.")] = Shape.CSV,
    file: Annotated[
        Path | None, typer.Option(help="Where to write; to the screen when left out.")
    ] = None,
) -> None:
    """Hand the marks over: nbgrader's CSV, what Canvas or Moodle import, or JSON lines.

    The marks are the gradebook's, with what was given by hand and what lateness took.

    Example: lab export 11_data_quality --to canvas --file canvas.csv
    """
    lab, layout = _graded(lab_id, output)
    if to is Shape.JSONL:
        text = as_json_lines(gather(lab, layout))
    else:
        if not layout.gradebook.is_file():
            raise CourseError(
                f"{layout.gradebook} does not exist.",
                mend=f"Grade first: lab grade {lab_id} --output {layout.root}",
            )
        with opened(sqlite_url(layout.gradebook)) as book:
            text = CSV_FORMATS[to.value](grade_rows(book, lab_id))
    if file is None:
        typer.echo(text, nl=False)
        return
    try:
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise CourseError(
            f"Cannot write {file}: {error.strerror or error}.", mend="Choose another --file."
        ) from error
    Console(stderr=True).print(f"Wrote {file}", highlight=False)


def _graded(lab_id: str, output: Path | None) -> tuple[Lab, OutputLayout]:
    course = find_course()
    return the_lab(course, lab_id), OutputLayout((output or course.root / "graded").resolve())
