"""How far a cohort is, how fast it goes and how long it will take."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from autograder.grading.cohort import Graded
from autograder.scoring import Status


@dataclass
class Progress:
    """Count what is done, running and failed of `total` submissions.

    A submission has failed when it could not be graded, whoever is to blame; a low score is none.
    """

    total: int
    clock: Callable[[], float] = time.monotonic
    done: int = 0
    running: int = 0
    failed: int = 0
    _graded: int = 0
    _begun: float | None = None
    _opened: float = field(init=False)

    def __post_init__(self) -> None:
        self._opened = self.clock()

    def started(self) -> None:
        """Count a submission whose grading begins."""
        self._begun = self.clock() if self._begun is None else self._begun
        self.running += 1

    def ended(self, graded: Graded) -> None:
        """Count a submission that is done; one that was kept takes no time and tells no rate."""
        self.done += 1
        self.failed += graded.card.status is not Status.GRADED
        if graded.fresh:
            self.running -= 1
            self._graded += 1

    @property
    def seconds(self) -> float:
        """Return the seconds since counting began."""
        return self.clock() - self._opened

    @property
    def per_minute(self) -> float | None:
        """Return how many submissions are graded in a minute; None before the first is."""
        if not self._graded or self._begun is None:
            return None
        return 60 * self._graded / max(1e-6, self.clock() - self._begun)

    @property
    def seconds_left(self) -> float | None:
        """Return the seconds until all are done at this rate; None as long as that is unknown."""
        if self.done == self.total:
            return 0.0
        rate = self.per_minute
        return None if rate is None else 60 * (self.total - self.done) / rate

    def figures(self) -> dict[str, float | int | None]:
        """Return the figures for a program to read, times in seconds."""
        rate, left = self.per_minute, self.seconds_left
        return {
            "total": self.total,
            "done": self.done,
            "running": self.running,
            "failed": self.failed,
            "per_minute": None if rate is None else round(rate, 1),
            "seconds_left": None if left is None else round(left, 1),
            "seconds": round(self.seconds, 2),
        }

    def in_words(self) -> str:
        """Return the figures in one line for people."""
        parts = [f"{self.done}/{self.total} done", f"{self.running} running"]
        if self.failed:
            parts.append(f"{self.failed} failed")
        if self.per_minute is not None:
            parts.append(f"{self.per_minute:.0f}/min")
        if self.seconds_left:
            minutes, seconds = divmod(round(self.seconds_left), 60)
            parts.append(f"{minutes}:{seconds:02d} left")
        return ", ".join(parts)
