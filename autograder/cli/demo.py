"""`lab demo`: the whole job on a cohort whose scores are known, and on what others wrote."""

import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from nbgrader.utils import parse_utc
from rich.console import Console
from rich.markup import escape
from rich.progress import track
from rich.table import Table

from autograder.cli.grade_view import GradeView
from autograder.cli.layers import require_layers
from autograder.cli.pipeline import CohortRun, grade_into
from autograder.cli.selection import choose_labs, lesson_folder
from autograder.cli.verify_view import VerifyView, print_verification, summary_line
from autograder.contract.lab import Lab
from autograder.contract.mutants import load_mutants
from autograder.course.loading import load_course
from autograder.demo.answers import DUE, HandIn, hand_ins
from autograder.demo.third_party import Outcome, fixtures, grade_fixture
from autograder.errors import CourseError
from autograder.execution import Confinement, detect_confinement
from autograder.execution.warm.launcher import kernels_for
from autograder.grading.layout import OutputLayout
from autograder.paths import CoursePaths, find_course
from autograder.proving.proof import is_proven, require_proof
from autograder.proving.prove import Extent, verify_lab
from autograder.releasing.release import release_lab
from autograder.scoring import Scorecard, read_scorecard

NOT_AS_KNOWN = 1
_CLOSE = 1e-6
# With one hand-in of every other kind that makes thirty for three labs.
_WRONG_ANSWERS = 2
_QUICK = Extent(wrong_answers=4, lesson=False)


def register(app: typer.Typer) -> None:
    """Add the demo to `app`."""
    app.command("demo", rich_help_panel="Instructors")(demo)


def demo(
    lab_ids: Annotated[
        list[str] | None,
        typer.Argument(help="Lab ids; the course's showcase when none is given."),
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="Where the cohort goes.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Runs side by side.")] = 2,
    prove: Annotated[
        bool, typer.Option("--prove/--trust-proofs", help="Prove the labs anew, or trust proofs.")
    ] = True,
    every: Annotated[
        bool, typer.Option("--every", help="Every wrong answer, every third-party notebook.")
    ] = False,
) -> None:
    """Prove the labs, release them, and grade a made-up cohort whose scores are known beforehand.

    Labs that need servers are left out. The proof takes four of each lab's wrong answers;
    `lab verify` takes them all.

    The cohort has right, half-done, untouched, late, slow, crashing, cheating and corrupt hand-ins
    and wrong answers that each lab knows. Then the assignments and submissions that ship
    inside the nbgrader package are graded too. Exits 1 when a score is not the known one.
    """
    course, console, begun = find_course(), Console(), time.monotonic()
    root = folder or course.state / "demo"
    shutil.rmtree(root, ignore_errors=True)
    confinement = detect_confinement()
    require_layers(confinement, strict=False)
    chosen = choose_labs(course, lab_ids or load_course(course).showcase())
    labs = [lab for lab in chosen if not lab.manifest.needs]
    if not labs:
        raise CourseError(
            "Each of these labs needs servers, which the demo does not start.",
            mend="Grade them with `lab grade`, or name others.",
        )

    _head(console, 1, "Prove the labs: right answers earn all, wrong ones lose what they should")
    _prove(console, labs, course, confinement, workers, anew=prove)
    _head(console, 2, "Release them: what a learner gets, checked for leaks")
    _release(console, labs, course)
    _head(console, 3, "Build a cohort and grade it in the sandbox")
    wrong = None if every else _WRONG_ANSWERS
    # One that never ends tells enough; it costs as long as its lab lets a question wait.
    patient = min(labs, key=lambda lab: lab.manifest.limits.probe_seconds, default=None)
    handed_in = [
        hand_in
        for lab in labs
        for hand_in in hand_ins(lab, wrong_answers=wrong, endless=every or lab is patient)
    ]
    _write(handed_in, root / "submitted")
    cards = _grade(labs, course, root, confinement, workers)
    as_due = _show(console, handed_in, cards)
    _head(console, 4, "Grade what others wrote: the notebooks inside the nbgrader package")
    with kernels_for((), confinement) as launcher:
        outcomes = [
            grade_fixture(fixture, confinement, launcher)
            for fixture in track(
                fixtures(all_of_them=every),
                "nbgrader's fixtures",
                console=Console(stderr=True),
                transient=True,
            )
        ]
    as_known = _show_fixtures(console, outcomes)
    _close(
        console,
        root,
        time.monotonic() - begun,
        f"{as_due}/{len(handed_in)}",
        f"{as_known}/{len(outcomes)}",
    )
    if as_due < len(handed_in) or as_known < len(outcomes):
        raise typer.Exit(NOT_AS_KNOWN)


def _prove(
    console: Console,
    labs: list[Lab],
    course: CoursePaths,
    confinement: Confinement,
    workers: int,
    *,
    anew: bool,
) -> None:
    for lab in labs:
        if not anew and is_proven(lab.path):
            continue
        with VerifyView(lab.manifest.id, silent=False) as view:
            result = verify_lab(
                lab,
                course,
                confinement=confinement,
                lesson=lesson_folder(course, lab),
                workers=workers,
                extent=_QUICK,
                stage=view.stage,
                step=view.step,
            )
        if not result.proved:
            print_verification(result, lab)
            raise typer.Exit(NOT_AS_KNOWN)
        console.print(
            f"[green]✓[/] {summary_line(result, len(load_mutants(lab).mutants))}", highlight=False
        )


def _release(console: Console, labs: list[Lab], course: CoursePaths) -> None:
    for lab in labs:
        released = release_lab(lab, course=course, require_proof=require_proof)
        files = ", ".join(sorted(p.name for p in released.iterdir()))
        console.print(f"{lab.manifest.id}: {files}", highlight=False, markup=False)


def _write(handed_in: list[HandIn], submitted: Path) -> None:
    for hand_in in handed_in:
        folder = submitted / hand_in.student / hand_in.lab
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "lab.ipynb").write_text(hand_in.content, encoding="utf-8")
        (folder / "timestamp.txt").write_text(hand_in.timestamp, encoding="utf-8")


def _grade(
    labs: list[Lab], course: CoursePaths, root: Path, confinement: Confinement, workers: int
) -> dict[tuple[str, str], Scorecard]:
    """Grade the cohort lab by lab into one gradebook; return the scorecards."""
    layout = OutputLayout(root / "graded")
    cards = {}
    due: datetime = parse_utc(DUE).replace(tzinfo=UTC)
    for lab in labs:
        run = CohortRun(course, lab, root / "submitted", layout, confinement, workers, due=due)
        with GradeView(lab, len(run.submissions()), confinement, as_data=False) as view:
            grade_into(run, started=view.started, done=view.done)
        for path in layout.scorecards(lab.manifest.id):
            card = read_scorecard(path)
            cards[card.student, card.lab] = card
    return cards


def _show(
    console: Console, handed_in: list[HandIn], cards: dict[tuple[str, str], Scorecard]
) -> int:
    """Print what each hand-in should get and got; return how many got it."""
    table = Table(title=f"{len(handed_in)} hand-ins, graded", title_justify="left")
    for name, justify in (
        ("lab", "left"),
        ("student", "left"),
        ("handed in", "left"),
        ("due", "right"),
        ("got", "right"),
        ("", "left"),
        ("what the grader says", "left"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    good = 0
    for hand_in in handed_in:
        card = cards[hand_in.student, hand_in.lab]
        same = abs(card.score - hand_in.due_score) < _CLOSE
        good += same
        table.add_row(
            hand_in.lab,
            hand_in.student,
            escape(hand_in.story),
            f"{hand_in.due_score:g}",
            f"{card.score:g}/{card.max_score:g}",
            "[green]✓[/]" if same else "[red]✗[/]",
            escape(_remark(card)[:70]),
        )
    console.print(table)
    return good


def _remark(card: Scorecard) -> str:
    if card.problem:
        return card.problem
    lost = [c for c in card.checks().values() if c.verdict not in ("passed", "unattempted")]
    return f"{lost[0].id}: {lost[0].message}" if lost else ""


def _show_fixtures(console: Console, outcomes: list[Outcome]) -> int:
    table = Table(title="Notebooks of the nbgrader package", title_justify="left")
    for name in ("notebook", "known", "got", "", "remark"):
        table.add_column(name)
    for outcome in outcomes:
        fixture, result = outcome.fixture, outcome.result
        known = "refused" if fixture.score is None else f"{fixture.score:g}"
        got = "refused" if result is None else f"{result.score:g}/{result.max_score:g}"
        manual = f"{result.manual} to grade by hand" if result and result.manual else ""
        table.add_row(
            fixture.name,
            known,
            got,
            "[green]✓[/]" if outcome.as_known else "[red]✗[/]",
            escape("; ".join(filter(None, (outcome.refusal[:60], manual, fixture.reason)))),
        )
    console.print(table)
    return sum(outcome.as_known for outcome in outcomes)


def _head(console: Console, number: int, text: str) -> None:
    console.print(f"\n[bold]{number}. {text}[/]")


def _close(console: Console, root: Path, seconds: float, ours: str, others: str) -> None:
    console.print(
        f"\n[bold]{ours}[/] hand-ins and [bold]{others}[/] third-party notebooks scored as known, "
        f"in {seconds:.0f} s.\nGradebook, scorecards, feedback and reports: "
        f"{escape(str(root / 'graded'))}",
        highlight=False,
        soft_wrap=True,
    )
    table = Table(title="Try next", title_justify="left", show_header=False, box=None)
    table.add_row("make lab", "JupyterLab as the learner sees it, with a lab started in work/")
    table.add_row("make formgrader", "nbgrader's formgrader on the gradebook of this demo")
    table.add_row("make site", "the course's site, built into build/site/")
    table.add_row("lab list", "what there is to learn, in order")
    table.add_row("lab check 11_data_quality", "a learner's verdict, task by task")
    console.print(table)
