"""`lab new`, `lab fmt`, `lab verify`, `lab release`: from an idea to what learners get."""

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from autograder.chain.giving import renew_given
from autograder.chain.header import made_from_others
from autograder.cli.selection import choose_lab, choose_labs, lesson_folder
from autograder.cli.verify_view import VerifyView, as_json, print_verification
from autograder.contract.formatting import format_file
from autograder.contract.lab import find_labs
from autograder.contract.scaffold import new_lab
from autograder.course.loading import load_course
from autograder.execution import detect_confinement
from autograder.paths import find_course
from autograder.proving.proof import is_proven, require_proof
from autograder.proving.prove import Extent, Verification, verify_lab
from autograder.proving.turns import not_their_turn
from autograder.releasing.release import release_lab

NOT_PROVED = 1

Labs = Annotated[list[str] | None, typer.Argument(help="Lab ids; all labs when none is given.")]


def register(app: typer.Typer) -> None:
    """Add the authors' commands to `app`."""
    app.command("new", rich_help_panel="Authors")(new)
    app.command("fmt", rich_help_panel="Authors")(fmt)
    app.command("verify", rich_help_panel="Authors")(verify)
    app.command("release", rich_help_panel="Instructors")(release)


def new(
    lab_id: Annotated[str, typer.Argument(help="The id of a planned module or milestone.")],
) -> None:
    """Scaffold a lab that `lab verify` meets with a to-do list until it is real.

    Example: lab new 08_experiment_tracking
    """
    course = find_course()
    step = load_course(course).step(lab_id)
    folder = new_lab(course, step.id, step.title)
    console = Console()
    console.print(f"Scaffolded {folder.relative_to(course.root)}/", highlight=False)
    console.print(f"Next: lab verify {step.id}   (it lists what is still to do)", highlight=False)


def fmt(
    labs: Labs = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit 1 if any would.")
    ] = False,
) -> None:
    """Bring the labs' and lessons' notebooks into the form in which their diffs read well.

    Modules that a lab gives of earlier labs' answers are made anew from those labs.

    Example: lab fmt 11_data_quality
    """
    course = find_course()
    given = [
        path
        for folder in find_labs(course.labs)
        if not labs or folder.name in labs
        for path in renew_given(course, folder, write=not check)
    ]
    for path in given:
        typer.echo(f"{'would renew' if check else 'renewed'} {path.relative_to(course.root)}")
    if not all(path.is_file() for path in given):
        raise typer.Exit(1)  # a lab without a file that it gives cannot be loaded
    changed = []
    for lab in choose_labs(course, labs or []):
        lesson = lesson_folder(course, lab)
        paths = [lab.path / "lab.ipynb", *([lesson / "lesson.ipynb"] if lesson else [])]
        changed += [p for p in paths if p.is_file() and format_file(p, write=not check)]
    for path in changed:
        typer.echo(f"{'would format' if check else 'formatted'} {path.relative_to(course.root)}")
    if check and (changed or given):
        raise typer.Exit(1)


def verify(
    labs: Labs = None,
    workers: Annotated[int | None, typer.Option(help="Answers graded side by side.")] = None,
    nbgrader: Annotated[
        bool, typer.Option("--nbgrader", help="Also compare with plain nbgrader (slow).")
    ] = False,
    few: Annotated[
        int | None,
        typer.Option(min=1, help="Give so few wrong answers where a lab's proof still holds."),
    ] = None,
    few_labs: Annotated[
        int | None,
        typer.Option(min=1, help="With --few, ask so few of the labs whose proof still holds."),
    ] = None,
    turn: Annotated[
        int, typer.Option(help="Whose turn it is with --few; count up, and all have theirs.")
    ] = 0,
    as_data: Annotated[bool, typer.Option("--json", help="Print findings as JSON.")] = False,
) -> None:
    """Prove labs: right answers earn all, wrong ones lose exactly what they should.

    The solution and every alternate must earn full marks (the solution twice the same), the
    untouched release nothing, and each mutant must lose by verdict exactly the checks it names.
    Exits 1 when a lab is not proved.

    With --few, a lab whose committed proof.json is of these very bytes is asked again with a few
    of its wrong answers, others at each --turn; a lab that changed is proved whole. --few-labs
    takes labs by turns, too: what a course of a hundred labs can afford at each change.

    Example: lab verify 11_data_quality --nbgrader
    """
    course = find_course()
    confinement = detect_confinement()
    results: list[Verification] = []
    chosen = choose_labs(course, labs or [])
    if few is not None and few_labs is not None:
        proven = [lab.manifest.id for lab in chosen if is_proven(lab.path)]
        waiting, turn = not_their_turn(proven, few_labs, turn)
        chosen = [lab for lab in chosen if lab.manifest.id not in waiting]
        if waiting and not as_data:
            typer.echo(f"Their proofs hold, and it is not their turn: {', '.join(waiting)}.\n")
    for lab in chosen:
        with VerifyView(lab.manifest.id, silent=as_data) as view:
            result = verify_lab(
                lab,
                course,
                confinement=confinement,
                lesson=lesson_folder(course, lab),
                workers=workers,
                extent=Extent(
                    wrong_answers=few if is_proven(lab.path) else None,
                    turn=turn,
                    nbgrader=nbgrader,
                ),
                stage=view.stage,
                step=view.step,
            )
        results.append(result)
        if not as_data:
            print_verification(result, lab)
    if as_data:
        typer.echo(json.dumps([as_json(result) for result in results], indent=1))
    if not all(result.proved for result in results):
        raise typer.Exit(NOT_PROVED)


def release(
    lab_id: Annotated[str, typer.Argument(help="The lab to release.")],
    unproved: Annotated[
        bool, typer.Option("--unproved", help="Release a lab that is not proved, for a trial.")
    ] = False,
) -> None:
    """Release a lab to learners: nbgrader's own assignment, the visible checks and the hints.

    Nothing of the solution, the hidden checks, the expected values or the mutants is in it; a
    release that would hold any is refused. So is a lab that has not proved itself. A milestone may
    give answers of earlier ones; a note on stderr says of which.

    Example: lab release 11_data_quality
    """
    course = find_course()
    lab = choose_lab(course, lab_id)
    released = release_lab(lab, course=course, require_proof=None if unproved else require_proof)
    if makers := sorted(set(made_from_others(lab).values())):
        typer.echo(
            f"Note: the files of {lab_id} hold the official answers of {', '.join(makers)}. "
            "Release it when nobody can hand those in any more.",
            err=True,
        )
    files = ", ".join(sorted(p.name for p in released.iterdir()))
    Console().print(f"Released {escape(str(released))}: {escape(files)}", highlight=False)
