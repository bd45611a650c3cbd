"""What travels beside an event that failed: how often, why, where it came from, when to try."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self

from infra.events.records import Headers

FAILURE = "lab-failure"
_LONGEST_REASON = 500


@dataclass(frozen=True)
class Origin:
    """Name the place where an event was first published."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True)
class Failure:
    """Tell of an event's failed attempts; `not_before` is in seconds since 1970 in UTC.

    `replays` counts how often the event was put back from the dead letters.
    """

    origin: Origin
    attempts: int
    reason: str
    failed_at: str
    not_before: float = 0.0
    replays: int = 0

    @classmethod
    def of(cls, headers: Iterable[tuple[str, bytes]]) -> Self | None:
        """Read the failure from a record's headers; None where there is none to be understood."""
        for name, value in headers:
            if name != FAILURE:
                continue
            try:
                tree: dict[str, Any] = json.loads(value)
                return cls(**{**tree, "origin": Origin(**tree["origin"])})
            except (ValueError, TypeError, KeyError):
                # Whoever wrote this is not of this room; then it is an event like any other.
                return None
        return None

    def once_more(self, error: BaseException, now: float, not_before: float) -> Self:
        """Return what is to be told after another failed attempt at the time `now`."""
        return replace(
            self,
            attempts=self.attempts + 1,
            reason=told(error),
            failed_at=datetime.fromtimestamp(now, UTC).isoformat(),
            not_before=not_before,
        )

    def replayed(self) -> Self:
        """Return what is to be told of an event that gets all its attempts again, at once."""
        return replace(self, attempts=0, not_before=0.0, replays=self.replays + 1)

    def on(self, headers: Iterable[tuple[str, bytes]]) -> Headers:
        """Return these headers with this failure in the place of an older one."""
        kept = tuple((name, value) for name, value in headers if name != FAILURE)
        return (*kept, (FAILURE, json.dumps(asdict(self)).encode()))


def told(error: BaseException) -> str:
    """Return an error in one line of bounded length."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text if len(text) <= _LONGEST_REASON else text[: _LONGEST_REASON - 1] + "…"
