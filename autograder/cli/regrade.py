"""`lab regrade`: grade aside, say whose score moves and why, and only then write."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import typer
from rich.console import Console

from autograder.classic.assignment import PlainAssignment
from autograder.cli.grade_view import GradeView
from autograder.cli.pipeline import (
    CohortRun,
    conclude,
    graded_submissions,
    make_output,
    record_one,
    recording,
)
from autograder.contract.lab import Lab
from autograder.errors import CourseError
from autograder.execution import Confinement
from autograder.grading.alone import only_grader
from autograder.grading.cohort import Graded
from autograder.grading.intake import Submission
from autograder.grading.layout import OutputLayout
from autograder.grading.moves import Move, move_between, move_in_words
from autograder.grading.worker import drop_outdated
from autograder.recording.gradebook import GradebookWriter
from autograder.recording.marks import marks_by_hand
from autograder.recording.opening import opened
from autograder.scoring import Scorecard, Status, read_scorecard, write_scorecard
from autograder.writing import write_in_one_step


@dataclass(frozen=True)
class Answers:
    """Say what an instructor wants of a regrade: to see alone, or not to be asked."""

    only_show: bool = False
    yes: bool = False


class Work(Protocol):
    """What is to be graded anew: a cohort's work for a lab, or for a plain nbgrader assignment."""

    @property
    def subject(self) -> Lab | PlainAssignment:
        """Return what was set."""

    @property
    def layout(self) -> OutputLayout:
        """Return where the findings count."""

    @property
    def confinement(self) -> Confinement:
        """Return what runs are confined by."""

    def submissions(self) -> list[Submission]:
        """Find what was handed in."""

    def gradebook_url(self) -> str:
        """Return the gradebook's address."""

    def graded(
        self,
        submissions: list[Submission],
        layout: OutputLayout,
        started: Callable[[Submission], None],
    ) -> Iterator[Graded]:
        """Grade `submissions` into `layout`, and nothing else; what is there is kept."""

    def recording(self) -> AbstractContextManager[GradebookWriter]:
        """Open the gradebook and make it know what was set."""

    def record(self, card: Scorecard, book: GradebookWriter) -> None:
        """Bring gradebook and feedback up to one scorecard."""

    def conclude(self) -> None:
        """Write what is about the whole cohort."""


@dataclass(frozen=True)
class LabWork:
    """Hold a cohort's work for a lab."""

    run: CohortRun

    @property
    def subject(self) -> Lab:
        return self.run.lab

    @property
    def layout(self) -> OutputLayout:
        return self.run.layout

    @property
    def confinement(self) -> Confinement:
        return self.run.confinement

    def submissions(self) -> list[Submission]:
        return self.run.submissions()

    def gradebook_url(self) -> str:
        return self.run.gradebook_url()

    def graded(
        self,
        submissions: list[Submission],
        layout: OutputLayout,
        started: Callable[[Submission], None],
    ) -> Iterator[Graded]:
        return graded_submissions(self.run, submissions, layout, started)

    def recording(self) -> AbstractContextManager[GradebookWriter]:
        return recording(self.run)

    def record(self, card: Scorecard, book: GradebookWriter) -> None:
        record_one(self.run, card, book)

    def conclude(self) -> None:
        conclude(self.run)


@dataclass
class _Draft:
    """Hold what grading aside found."""

    cards: list[Scorecard] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    failed: int = 0


def regrade_into(work: Work, answers: Answers, *, as_data: bool) -> int:
    """Grade a cohort anew, tell the moves, write; return how many could not be graded.

    What was found stands aside until it is written, so whoever is killed goes on from there. A
    card whose grading broke off replaces none that is whole.
    """
    submissions, layout = work.submissions(), work.layout
    make_output(layout)
    draft = layout.draft(work.subject.id)
    found = _Draft()
    with only_grader(layout, work.subject.id):
        with GradeView(work.subject, len(submissions), work.confinement, as_data=as_data) as view:
            for graded in work.graded(submissions, draft, view.started):
                _compare(layout, graded.card, found)
                view.done(graded)
            _tell(work, found, view, as_data=as_data)
        if not answers.only_show and _agreed(found, answers, as_data=as_data):
            with work.recording() as book:
                for card in found.cards:
                    _adopt(card, draft, layout)
                    work.record(card, book)
                work.conclude()
        shutil.rmtree(draft.root)
    return found.failed


def _compare(layout: OutputLayout, card: Scorecard, found: _Draft) -> None:
    old = _earlier(layout.scorecard(card.student, card.lab))
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


def _tell(work: Work, found: _Draft, view: GradeView, *, as_data: bool) -> None:
    """Say whose score moves; to a program one event each."""
    moves = sorted(found.moves, key=lambda move: move.student)
    by_hand = _by_hand(work, moves)
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


def _by_hand(work: Work, moves: list[Move]) -> dict[str, dict[str, float]]:
    if not moves or not work.layout.has_gradebook:
        return {move.student: {} for move in moves}
    with opened(work.gradebook_url()) as book:
        set_work = work.subject.id
        return {move.student: marks_by_hand(book, set_work, move.student) for move in moves}


def _agreed(found: _Draft, answers: Answers, *, as_data: bool) -> bool:
    """Ask whether to write, where somebody sits at a terminal and a score moves."""
    if answers.yes or as_data or not found.moves or not sys.stdin.isatty():
        return True
    return typer.confirm("Write these scores?", default=False)


def _adopt(card: Scorecard, draft: OutputLayout, layout: OutputLayout) -> None:
    """Copy one submission's findings to where they count, the scorecard last.

    The draft stays whole until all are written, so whoever is killed here begins here again.
    """
    student, lab = card.student, card.lab
    source, target = (place.executed(student, lab).parent for place in (draft, layout))
    scorecard = layout.scorecard(student, lab)
    drop_outdated(scorecard, card.fingerprint)
    found = {path.name: path for path in source.glob("*.ipynb")}
    for name, path in found.items():
        write_in_one_step(target / name, path.read_text(encoding="utf-8"))
    for path in target.glob("*.ipynb"):
        if path.name not in found:
            path.unlink()
    write_scorecard(card, scorecard)
