"""`lab report`, `lab similar`, `lab feedback`: what comes of a graded cohort."""

import json
from pathlib import Path
from typing import Annotated

import nbformat
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.cli.export import export
from autograder.cli.graded_work import GradedWork, graded_work
from autograder.cli.plain import write_plain_feedback
from autograder.feedback.page import write_feedback
from autograder.reporting.answers import read_answers
from autograder.reporting.entries import gather
from autograder.reporting.page import write_report
from autograder.reporting.similarity import LEAST_SHARE, MOST_PAIRS, Similarity, find_similar

INSTRUCTORS = "Instructors"

LabId = Annotated[str, typer.Argument(help="The lab, or the plain nbgrader assignment.")]
Graded = Annotated[
    Path | None,
    typer.Option("--output", help="Where it was graded to.", show_default="graded/ in the course"),
]
Course = Annotated[Path | None, typer.Option(help="A plain nbgrader course's folder.")]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    for command in (feedback, report, similar, export):
        app.command(command.__name__, rich_help_panel=INSTRUCTORS)(command)


def feedback(lab_id: LabId, output: Graded = None, course: Course = None) -> None:
    """Write the feedback pages anew, with the marks and comments given by hand since grading.

    Example: lab feedback 11_data_quality --output graded
    """
    work = graded_work(lab_id, output, course)
    entries = gather(work.subject, work.layout)
    for entry in entries:
        if work.plain is not None:
            write_plain_feedback(work.plain, work.layout, entry.card)
            continue
        student = entry.card.student
        executed = work.layout.executed(student, lab_id)
        notebook = nbformat.read(executed, as_version=4) if executed.is_file() else None
        write_feedback(work.layout.feedback(student, lab_id), entry.card, notebook, entry.marks)
    where = work.layout.root / "feedback"
    Console().print(f"Wrote the feedback on {len(entries)} submissions to {where}", highlight=False)


def report(lab_id: LabId, output: Graded = None, course: Course = None) -> None:
    """Write the whole report, one page: scores, checks, wrong answers, time, failures, likeness.

    It reads the learners' code too, for the wrong answers that the lab knows by name and for
    submissions that are alike; the page that `lab grade` leaves has the figures alone.

    Example: lab report 11_data_quality --output graded
    """
    work = graded_work(lab_id, output, course)
    with Console(stderr=True).status("reading what the learners wrote"):
        path = write_report(work.subject, work.layout, compare=True)
    Console().print(f"Wrote {path}", highlight=False, soft_wrap=True)


def similar(
    lab_id: LabId,
    output: Graded = None,
    course: Course = None,
    least: Annotated[
        float, typer.Option(min=0.05, max=1, help="Share of code in common, from this on.")
    ] = LEAST_SHARE,
    most: Annotated[int, typer.Option(min=1, help="Pairs to show.")] = MOST_PAIRS,
    as_data: Annotated[bool, typer.Option("--json", help="Print one JSON line a pair.")] = False,
) -> None:
    """List submissions that are alike; code of the starter, or that many share, does not count.

    The report shows the same pairs side by side. Alike is no proof of copying.

    Example: lab similar 11_data_quality --least 0.8
    """
    work = graded_work(lab_id, output, course)
    found = _compared(work, least, most)
    if as_data:
        for pair in found.pairs:
            sides = {"left": pair.left.student, "right": pair.right.student}
            typer.echo(json.dumps({**sides, "share": pair.share, "unusual": pair.unusual}))
        return
    table = Table(title=f"{lab_id}: {found.compared} submissions compared", title_justify="left")
    for name in ("in common", "unusual", "one", "the other"):
        table.add_column(name, justify="right" if name in ("in common", "unusual") else "left")
    for pair in found.pairs:
        unusual = "" if pair.unusual is None else f"{pair.unusual:.0%}"
        table.add_row(
            f"{pair.share:.0%}", unusual, escape(pair.left.student), escape(pair.right.student)
        )
    console = Console()
    console.print(
        table if found.pairs else f"{found.compared} submissions compared: no two are alike."
    )
    if found.left_out:
        console.print(f"{found.left_out} more are as alike as these: --most N shows them.")


def _compared(work: GradedWork, least: float, most: int) -> Similarity:
    subject = work.subject
    students = [entry.card.student for entry in gather(subject, work.layout)]
    answers = read_answers(subject, work.layout, students)
    return find_similar(subject, answers, least=least, most=most)
