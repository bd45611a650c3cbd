"""Whose score moves when work is graded anew, and why."""

from collections.abc import Mapping
from dataclasses import dataclass

from autograder.scoring import CheckScore, Scorecard, Status

_CLOSE = 1e-9


@dataclass(frozen=True)
class Move:
    """Tell how one student's score changes, in points, and by which checks.

    `before` is None for work that was not graded before.
    """

    student: str
    before: float | None
    after: float
    reasons: tuple[str, ...]


def move_between(old: Scorecard | None, new: Scorecard) -> Move | None:
    """Return how the score moves from `old` to `new`; None where it stays."""
    if old is None:
        return Move(new.student, None, new.score, ("graded for the first time",))
    if abs(old.score - new.score) < _CLOSE and (old.status, old.problem) == (
        new.status,
        new.problem,
    ):
        return None
    return Move(new.student, old.score, new.score, _reasons(old, new))


def move_in_words(move: Move, by_hand: Mapping[str, float]) -> str:
    """Give a move in a line; `by_hand` are the marks, by task, that a human gave and that count."""
    before = "nothing" if move.before is None else f"{move.before:g}"
    words = f"{move.student}: {before} -> {move.after:g}. {'; '.join(move.reasons)}"
    held = ", ".join(f"{task} {points:g}" for task, points in sorted(by_hand.items()))
    return f"{words}. By hand, and it stays: {held}" if held else words


def _reasons(old: Scorecard, new: Scorecard) -> tuple[str, ...]:
    if old.status is not Status.GRADED or new.status is not Status.GRADED:
        said = f": {new.problem}" if new.problem else ""
        return (f"{old.status} -> {new.status}{said}",)
    before, after = old.checks(), new.checks()
    names = [*before, *(name for name in after if name not in before)]
    told = (_reason(name, before.get(name), after.get(name)) for name in names)
    return tuple(reason for reason in told if reason)


def _reason(name: str, old: CheckScore | None, new: CheckScore | None) -> str:
    """Say what of one check changed its points; nothing where they are the same."""
    if new is None:
        return f"{name} is gone ({old.points:g} points)" if old and old.points else ""
    worth = f" ({new.points:g} of {new.max_points:g})"
    said = f": {new.message}" if new.message and new.points < new.max_points else ""
    if old is None:
        return f"{name} is new, {new.verdict}{worth}{said}"
    if old.verdict is not new.verdict:
        return f"{name} {old.verdict} -> {new.verdict}{worth}{said}"
    if abs(old.points - new.points) >= _CLOSE:
        return f"{name} gives {new.points:g} points, was {old.points:g}"
    return ""
