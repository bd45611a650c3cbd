"""Count minutes in which decisions stood still although payments waited, as an indicator."""

from dataclasses import dataclass

_SECONDS = {"m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True)
class StaleMinutes:
    """Count as bad each minute at whose end the newest decision is older than `seconds`.

    A night without payments is no failure: `waiting`, a gauge, must be above 0. `newest` is a
    gauge of seconds since 1970.
    """

    newest: str
    waiting: str
    seconds: float

    def bad(self, window: str, by: str) -> str:
        """Return stale minutes a second, 0 where none was."""
        stale = f"time() - max by ({by}) ({self.newest}) > {self.seconds:g}"
        waits = f"sum by ({by}) ({self.waiting}) > 0"
        counted = f"count_over_time((({stale}) and on ({by}) ({waits}))[{window}:1m])"
        return f"({counted} / {_length(window)} or 0 * {self.total(window, by)})"

    def total(self, window: str, by: str) -> str:
        """Return minutes that were watched a second: a sixtieth, where all of them were."""
        watched = f"count_over_time((max by ({by}) ({self.newest}))[{window}:1m])"
        return f"({watched} / {_length(window)})"


def _length(window: str) -> int:
    return int(window[:-1]) * _SECONDS[window[-1]]
