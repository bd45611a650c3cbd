"""`lab export`: hand marks over to learning platforms."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.cli.graded_work import GradedWork, graded_work
from autograder.errors import CourseError
from autograder.recording.opening import opened
from autograder.reporting.entries import gather
from autograder.reporting.exports import CSV_FORMATS, as_json_lines, grade_rows
from autograder.reporting.gradescope import as_results_json
from autograder.writing import write_in_one_step


class Shape(StrEnum):
    """Name the forms in which marks are handed over."""

    CSV = "csv"
    PLAIN = "plain"
    CANVAS = "canvas"
    MOODLE = "moodle"
    BLACKBOARD = "blackboard"
    CLASSROOM = "classroom"
    GRADESCOPE = "gradescope"
    JSONL = "jsonl"


def export(
    lab_id: Annotated[str, typer.Argument(help="The lab, or the plain nbgrader assignment.")],
    output: Annotated[
        Path | None,
        typer.Option(help="Where it was graded to.", show_default="graded/ in the course"),
    ] = None,
    course: Annotated[Path | None, typer.Option(help="A plain nbgrader course's folder.")] = None,
    to: Annotated[Shape, typer.Option(help="The form: for whom it is.")] = Shape.CSV,
    file: Annotated[
        Path | None,
        typer.Option(help="Where to write; to the screen when left out. Gradescope: a folder."),
    ] = None,
) -> None:
    """Hand the marks over: to Canvas, Moodle, Blackboard, Classroom, Gradescope, or as plain CSV.

    The marks are the gradebook's, with what was given by hand and what lateness took. `csv` has
    nbgrader's own columns. Gradescope wants a results.json for each submission, so that it gets
    a folder: FILE/STUDENT/results.json.

    Example: lab export 11_data_quality --to canvas --file canvas.csv
    """
    work = graded_work(lab_id, output, course)
    if to is Shape.GRADESCOPE:
        if file is None:
            raise CourseError(
                "Gradescope takes one results.json a submission.", mend="Name a folder: --file DIR"
            )
        _write_results(work, file)
        return
    text = _text(work, lab_id, to)
    if file is None:
        typer.echo(text, nl=False)
        return
    try:
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise _refused(file, error) from error
    Console(stderr=True).print(f"Wrote {file}", highlight=False)


def _text(work: GradedWork, lab_id: str, to: Shape) -> str:
    layout = work.layout
    if to is Shape.JSONL:
        return as_json_lines(gather(work.subject, layout))
    if not layout.has_gradebook:
        raise CourseError(
            f"{layout.gradebook} does not exist.",
            mend=f"Grade first: lab grade {lab_id} --output {layout.root}",
        )
    with opened(layout.gradebook_url) as book:
        return CSV_FORMATS[to.value](grade_rows(book, lab_id))


def _write_results(work: GradedWork, folder: Path) -> None:
    entries = gather(work.subject, work.layout)
    try:
        for entry in entries:
            write_in_one_step(folder / entry.card.student / "results.json", as_results_json(entry))
    except OSError as error:
        raise _refused(folder, error) from error
    Console(stderr=True).print(f"Wrote {len(entries)} results.json below {folder}", highlight=False)


def _refused(path: Path, error: OSError) -> CourseError:
    return CourseError(
        f"Cannot write {path}: {error.strerror or error}.", mend="Choose another --file."
    )
