"""`lab grade` and `lab regrade`: a cohort from submissions to gradebook, feedback and report."""

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.grade_view import GradeView, print_summary
from autograder.cli.pipeline import CohortRun, grade_into
from autograder.cli.plain import PlainRun, grade_plain_course, plain_assignment
from autograder.cli.selection import choose_lab
from autograder.errors import CourseError
from autograder.execution import Confinement, detect_confinement
from autograder.grading.layout import OutputLayout
from autograder.paths import find_course

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
Due = Annotated[
    datetime | None, typer.Option(help="When the lab was due, UTC; later hand-ins count as late.")
]
Strict = Annotated[
    bool, typer.Option("--require-sandbox", help="Refuse to grade with fewer than all layers.")
]
Course = Annotated[
    Path | None,
    typer.Option(help="A plain nbgrader course: source/ID or release/ID, and submitted/."),
]
Names = Annotated[
    Path | None, typer.Option("--roster", help="CSV: id, first_name, last_name, email.")
]
Decoys = Annotated[
    bool, typer.Option(help="Plain nbgrader: run once more with tests that must fail.")
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
    due: Due = None,
    require_sandbox: Strict = False,
    as_data: AsData = False,
    course: Course = None,
    roster: Names = None,
    decoys: Decoys = True,
) -> None:
    """Grade every submission for a lab; what was graded before and has not changed is kept.

    Reads submitted/STUDENT/LAB/lab.ipynb, and writes below the output folder a scorecard and a
    feedback page per submission, the gradebook and a report. A submission that cannot be graded
    gets a scorecard that says why and stops nobody else's. Interrupt it at any time: the same
    command goes on. Exits 3 when a submission's grading crashed.

    An assignment without lab.toml is graded by its own in-kernel tests, as nbgrader would.

    Example: lab grade 11_data_quality --submitted submitted --output graded
    Example: lab grade ps1 --course ~/teaching/python101
    """
    plain = plain_assignment(lab_id, course)
    if plain is not None:
        run = PlainRun(plain, submitted, output, workers, roster=roster, decoys=decoys, due=due)
        grade_plain_course(run, require_sandbox=require_sandbox, as_data=as_data)
        return
    _grade(lab_id, submitted, output, workers, due, require_sandbox, as_data, roster, again=False)


def regrade(
    lab_id: LabId,
    submitted: Submitted = None,
    output: Output = None,
    workers: Workers = None,
    due: Due = None,
    require_sandbox: Strict = False,
    as_data: AsData = False,
    course: Course = None,
    roster: Names = None,
    decoys: Decoys = True,
) -> None:
    """Grade every submission for a lab once more, whatever stands; manual marks stay.

    Example: lab regrade 11_data_quality --output graded
    """
    plain = plain_assignment(lab_id, course)
    if plain is not None:
        run = PlainRun(plain, submitted, output, workers, True, roster, decoys, due)
        grade_plain_course(run, require_sandbox=require_sandbox, as_data=as_data)
        return
    _grade(lab_id, submitted, output, workers, due, require_sandbox, as_data, roster, again=True)


def _grade(
    lab_id: str,
    submitted: Path | None,
    output: Path | None,
    workers: int | None,
    due: datetime | None,
    require_sandbox: bool,
    as_data: bool,
    roster: Path | None,
    *,
    again: bool,
) -> None:
    course = find_course()
    lab = choose_lab(course, lab_id)
    confinement = detect_confinement()
    require_layers(confinement, strict=require_sandbox)
    run = CohortRun(
        course,
        lab,
        submitted or course.root / "submitted",
        OutputLayout((output or course.root / "graded").resolve()),
        confinement,
        workers or os.cpu_count() or 1,
        again,
        due,
        roster,
    )
    total = len(run.submissions())
    with GradeView(lab, total, confinement, as_data=as_data) as view:
        crashed = grade_into(run, started=view.started, done=view.done)
    if not as_data:
        print_summary(lab, run.layout)
    if crashed:
        raise typer.Exit(COULD_NOT_GRADE_ALL)


def require_layers(confinement: Confinement, *, strict: bool) -> None:
    """Warn of the layers that are missing around runs, or refuse when `strict`."""
    if confinement.complete:
        return
    missing = "; ".join(confinement.missing)
    if strict:
        raise CourseError(
            f"Refusing to grade: {missing}.", mend="`lab doctor` says what this system grants."
        )
    typer.secho(f"Warning: graded without {missing}.", fg=typer.colors.YELLOW, err=True)
