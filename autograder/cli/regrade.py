"""`lab regrade`: grade aside, say whose score moves and why, and only then write."""

import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

import typer
from rich.console import Console

from autograder.cli.grade_view import GradeView
from autograder.cli.pipeline import (
    CohortRun,
    conclude,
    graded_submissions,
    into_draft,
    make_output,
    record_one,
    recording,
)
from autograder.errors import CourseError
from autograder.grading.alone import only_grader
from autograder.grading.layout import OutputLayout
from autograder.grading.moves import Move, move_between, move_in_words
from autograder.recording.marks import marks_by_hand
from autograder.recording.opening import opened
from autograder.scoring import Scorecard, Status, read_scorecard


@dataclass(frozen=True)
class Answers:
    """Say what an instructor wants of a regrade: to see alone, or not to be asked."""

    only_show: bool = False
    yes: bool = False


@dataclass
class _Draft:
    """Hold what grading aside found."""

    cards: list[Scorecard] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    failed: int = 0


def regrade_into(run: CohortRun, answers: Answers, *, as_data: bool) -> int:
    """Grade a cohort anew, tell the moves, write; return how many could not be graded.

    What was found stands aside until it is written, so whoever is killed goes on from there. A
    card whose grading broke off replaces none that is whole.
    """
    submissions = run.submissions()
    make_output(run.layout)
    draft = into_draft(run)
    found = _Draft()
    with only_grader(run.layout, run.lab.manifest.id):
        with GradeView(run.lab, len(submissions), run.confinement, as_data=as_data) as view:
            for graded in graded_submissions(run, submissions, draft.layout, view.started):
                _compare(run, graded.card, found)
                view.done(graded)
            _tell(run, found, view, as_data=as_data)
        if not answers.only_show and _agreed(found, answers, as_data=as_data):
            with recording(run) as book:
                for card in found.cards:
                    _adopt(card, draft.layout, run.layout)
                    record_one(run, card, book)
                conclude(run)
        shutil.rmtree(draft.layout.root)
    return found.failed


def _compare(run: CohortRun, card: Scorecard, found: _Draft) -> None:
    old = _earlier(run.layout.scorecard(card.student, run.lab.manifest.id))
    found.failed += card.status is not Status.GRADED
    if card.status is Status.CRASHED and old is not None:
        return
    found.cards.append(card)
    move = move_between(old, card)
    if move is not None:
        found.moves.append(move)


def _earlier(path: Path) -> Scorecard | None:
    try:
        return read_scorecard(path) if path.is_file() else None
    except CourseError:
        return None


def _tell(run: CohortRun, found: _Draft, view: GradeView, *, as_data: bool) -> None:
    """Say whose score moves; to a program one event each."""
    moves = sorted(found.moves, key=lambda move: move.student)
    by_hand = _by_hand(run, moves)
    console = Console()
    for move in moves:
        held = by_hand[move.student]
        view.event("moved", **vars(move), by_hand=held)
        if not as_data:
            console.print(move_in_words(move, held), markup=False, highlight=False, soft_wrap=True)
    if not as_data:
        many = len(found.cards)
        console.print(
            f"{len(moves)} of {many} scores move." if moves else f"None of {many} scores moves.",
            highlight=False,
        )


def _by_hand(run: CohortRun, moves: list[Move]) -> dict[str, dict[str, float]]:
    lab = run.lab.manifest.id
    if not moves or not run.layout.has_gradebook:
        return {move.student: {} for move in moves}
    with opened(run.gradebook_url()) as book:
        return {move.student: marks_by_hand(book, lab, move.student) for move in moves}


def _agreed(found: _Draft, answers: Answers, *, as_data: bool) -> bool:
    """Ask whether to write, where somebody sits at a terminal and a score moves."""
    if answers.yes or as_data or not found.moves or not sys.stdin.isatty():
        return True
    return typer.confirm("Write these scores?", default=False)


def _adopt(card: Scorecard, draft: OutputLayout, layout: OutputLayout) -> None:
    """Move one submission's findings to where they count, the scorecard last."""
    student, lab = card.student, card.lab
    executed = draft.executed(student, lab)
    if executed.is_file():
        _move(executed, layout.executed(student, lab))
    else:
        layout.executed(student, lab).unlink(missing_ok=True)
    _move(draft.scorecard(student, lab), layout.scorecard(student, lab))


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
