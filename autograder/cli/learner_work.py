"""The learner's commands that run or hand in work: check, watch, submit, doctor."""

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from autograder.cli.learner_view import print_card, print_findings, print_receipt
from autograder.contract.lab import Lab
from autograder.errors import CourseError
from autograder.execution import detect_confinement
from autograder.execution.claims import claimed_folder
from autograder.execution.warm.launcher import kernels_for
from autograder.execution.warm.standby import fork_ahead, kernel_ahead
from autograder.learning.check import check_work
from autograder.learning.doctor import diagnose
from autograder.learning.places import Place, find_place, the_lab
from autograder.learning.student import keep_name, student_name
from autograder.learning.submit import submit_lab
from autograder.learning.watch import saved_at, saves
from autograder.needs.surroundings import surroundings
from autograder.paths import CoursePaths, find_course
from autograder.scoring import Scorecard

LEARNERS = "Learners"
NOT_PASSED = 1

LabId = Annotated[
    str | None,
    typer.Argument(help="The lab; the one of this folder when left out.", show_default=False),
]
Thorough = Annotated[
    bool,
    typer.Option("--thorough", help="Run again with other parameters, as grading does."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command("check", rich_help_panel=LEARNERS)(check)
    app.command("watch", rich_help_panel=LEARNERS)(watch)
    app.command("submit", rich_help_panel=LEARNERS)(submit)
    app.command("doctor", rich_help_panel=LEARNERS)(doctor)


def check(
    lab_id: LabId = None,
    thorough: Thorough = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the scorecard as JSON.")] = False,
) -> None:
    """Run your notebook from top to bottom and say, task by task, what is right and what is not.

    Save the notebook first. Only the checks that you can read count here; grading has others,
    too. Exits 0 when every task passes, else 1.

    Example: lab check 03_numeric_python
    """
    paths = find_course()
    place = find_place(paths, lab_id)
    lab = the_lab(paths, place.lab)
    console = Console(stderr=True)
    with (
        console.status(f"Running {place.lab} in a fresh kernel ..."),
        surroundings(lab.manifest.needs, paths.root, brokers=lab.manifest.stack.brokers) as around,
    ):
        confinement = detect_confinement()
        card = check_work(lab, place, confinement=confinement, held_out=thorough, around=around)
    if as_json:
        typer.echo(card.model_dump_json(indent=2))
    else:
        print_card(Console(), card, lab)
    if not _passed(card):
        raise typer.Exit(NOT_PASSED)


def watch(lab_id: LabId = None, thorough: Thorough = False) -> None:
    """Check again whenever you save the notebook; Ctrl-C ends it.

    Keep it beside JupyterLab: write, save, look.

    Example: lab watch 03_numeric_python
    """
    paths = find_course()
    place = find_place(paths, lab_id)
    console = Console()
    confinement = detect_confinement()
    try:
        manifest = the_lab(paths, place.lab).manifest
        with (
            surroundings(manifest.needs, paths.root, brokers=manifest.stack.brokers) as around,
            kernels_for(manifest.preload, confinement, ports=around.ports) as forking,
            kernel_ahead(forking, manifest.limits, confinement) as launcher,
            claimed_folder() as prepared,
        ):
            judge = partial(
                check_work,
                confinement=confinement,
                held_out=thorough,
                launcher=launcher,
                around=around,
                prepared=prepared,
            )
            checked = partial(_watch_round, paths, place, console, judge)
            saved = None
            while saved != (saved := saved_at(place.folder)):
                # What is saved during the first check is not seen by the watch below.
                checked()
                fork_ahead(launcher)
            for _ in saves(place.folder):
                checked()
                fork_ahead(launcher)
    except KeyboardInterrupt:
        pass
    console.print("Stopped watching.")


def _watch_round(
    paths: CoursePaths,
    place: Place,
    console: Console,
    judge: Callable[[Lab, Place], Scorecard],
) -> None:
    begun = time.monotonic()
    try:
        lab = the_lab(paths, place.lab)
        with console.status(f"Running {place.lab} ..."):
            card = judge(lab, place)
    except CourseError as error:
        console.clear()
        console.print(error.message, style="bold red", markup=False)
        console.print(error.mend, markup=False)
    else:
        console.clear()
        print_card(console, card, lab)
    now = time.strftime("%H:%M:%S")
    console.print(
        f"{now}, {time.monotonic() - begun:.1f} s. Waiting for the next save; Ctrl-C ends.",
        style="dim",
        highlight=False,
    )


def submit(
    lab_id: LabId = None,
    student: Annotated[
        str | None,
        typer.Option(help="Your name in the gradebook; remembered.", show_default="LAB_STUDENT"),
    ] = None,
) -> None:
    """Hand your work in: a copy goes to submitted/NAME/ID with the time on it.

    You may hand in again; the last one counts.

    Example: lab submit 03_numeric_python --student ada
    """
    paths = find_course()
    place = find_place(paths, lab_id)
    name = student_name(paths, student)
    receipt = submit_lab(paths, the_lab(paths, place.lab), place, name)
    if student:
        keep_name(paths, student)
    print_receipt(Console(), receipt)


def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print data in place of a table.")
    ] = False,
) -> None:
    """Look at this machine and say what would keep the labs from working, and the mend.

    Exits 0 when nothing does, else 1.

    Example: lab doctor
    """
    try:
        paths = find_course()
    except CourseError:
        paths = None
    findings = list(diagnose(paths, detect_confinement()))
    if as_json:
        typer.echo(json.dumps([finding.__dict__ for finding in findings], indent=2))
    else:
        print_findings(Console(), findings)
    if any(finding.state == "problem" for finding in findings):
        raise typer.Exit(NOT_PASSED)


def _passed(card: Scorecard) -> bool:
    return bool(card.tasks) and all(task.verdict == "passed" for task in card.tasks)
