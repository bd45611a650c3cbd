"""Reckon with the moves of one alias: what was live when, and where a rollback leads.

Everything here is a pure function of a list of moves; where they are kept is not its business.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Self

from autograder.errors import CourseError

_INSTANT = timedelta(microseconds=1)


class MoveKind(StrEnum):
    """Say why an alias moved."""

    PROMOTED = "promoted"
    ROLLED_BACK = "rolled back"
    RETIRED = "retired"
    # Somebody moved the alias without telling the history, which took note of it later.
    FOUND = "found"


@dataclass(frozen=True)
class AliasMove:
    """Tell one move of an alias: at which time, by whom, from and to which version, and why.

    `source` and `target` are version numbers, None where the alias pointed at nothing. `at` has a
    time zone.
    """

    at: datetime
    who: str
    source: int | None
    target: int | None
    why: str
    kind: MoveKind

    def to_json(self) -> str:
        """Return the move as one line of JSON, its time in UTC to the microsecond."""
        when = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        return json.dumps({**asdict(self), "at": when}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; raise ValueError, KeyError or TypeError for anything else."""
        kept = json.loads(text)
        return cls(
            at=datetime.fromisoformat(kept["at"]),
            who=kept["who"],
            source=kept["source"],
            target=kept["target"],
            why=kept["why"],
            kind=MoveKind(kept["kind"]),
        )


@dataclass(frozen=True)
class Live:
    """Say which version was live, through which move, and whether that is certain.

    It is not where somebody moved the alias unrecorded between this move and the next.
    """

    version: int | None
    move: AliasMove | None
    certain: bool = True


def in_order(moves: Iterable[AliasMove]) -> list[AliasMove]:
    """Return the moves from first to last; those of one instant in the order given."""
    return sorted(moves, key=lambda move: move.at)


def live_at(moves: Iterable[AliasMove], time: datetime) -> Live:
    """Return what was live at `time`, a move counting from its own instant on.

    Raise CourseError for a time without a zone.
    """
    needs_zone(time)
    before: AliasMove | None = None
    for move in in_order(moves):
        if move.at > time:
            return _between(before, move)
        before = move
    return _between(before, None)


def next_time(moves: Iterable[AliasMove], now: datetime) -> datetime:
    """Return `now`, or an instant after the last move where this machine's clock is behind."""
    last = max((move.at for move in moves), default=None)
    return now if last is None or now > last else last + _INSTANT


def rollback_target(moves: Iterable[AliasMove], existing: Collection[int]) -> int | None:
    """Return the version to go back to, or None where there is no earlier one that still exists.

    A version that was rolled back from is not gone back to, before it is promoted anew: rolling
    back twice leads two versions back, not there and here again.
    """
    stack: list[int | None] = []
    abandoned: set[int | None] = set()
    for move in in_order(moves):
        if move.kind is MoveKind.ROLLED_BACK:
            abandoned.add(move.source)
            while stack and stack[-1] != move.target:
                stack.pop()
        if not stack or stack[-1] != move.target:
            stack.append(move.target)
        abandoned.discard(move.target)
    # What is live now may well exist; going back to it would change nothing.
    passed_over = abandoned | {stack.pop()} if stack else abandoned
    wanted = (version for version in reversed(stack) if version not in passed_over)
    return next((version for version in wanted if version in existing), None)


def needs_zone(time: datetime) -> None:
    """Raise CourseError for a time without a zone, which means another instant elsewhere."""
    if time.tzinfo is None:
        raise CourseError(
            f"The time {time.isoformat()} has no time zone.",
            mend="Give one, for example datetime(2026, 3, 1, 12, tzinfo=UTC).",
        )


def _between(before: AliasMove | None, after: AliasMove | None) -> Live:
    certain = after is None or after.kind is not MoveKind.FOUND
    return Live(before.target if before else None, before, certain)
