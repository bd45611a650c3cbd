"""Do a night's work: keep the payments of the days that ended, then judge the newest of them."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path

from infra.events.stopping import Stop

Run = Callable[[tuple[str, ...]], int]
Say = Callable[[str], None]
# Nobody waits for a night, but an engine that ends a container does.
_LOOK_SECONDS = 1.0
_LEAST_SECONDS = 60.0


@dataclass(frozen=True)
class NightConfig:
    """Say in which folder days are kept, and to which file what was found is written."""

    days: Path
    metrics: Path

    @property
    def steps(self) -> tuple[tuple[str, ...], ...]:
        """Return what runs, each a module with its words; the second needs what the first did."""
        operating, days = "projects.fraud.operating", str(self.days)
        return (
            (operating, "export-days", "--to", days),
            (operating, "judge-day", "--payments", days, "--metrics", str(self.metrics)),
        )


def one_night(config: NightConfig, say: Say, run: Run | None = None) -> int:
    """Do the steps in their order; return the exit status of the first that failed, else 0."""
    config.days.mkdir(parents=True, exist_ok=True)
    config.metrics.parent.mkdir(parents=True, exist_ok=True)
    for step in config.steps:
        say(f"{' '.join(step)}")
        if status := (run or _run)(step):
            say(f"{step[1]} ended with {status}; the night ends here, the next one tries again")
            return status
    return 0


def nights(
    config: NightConfig, at: time_of_day, stop: Stop, say: Say, run: Run | None = None
) -> None:
    """Do a night's work each day at `at` UTC until told to stop, and at once where one is missing.

    A night that fails is told of, and does not end the nights.
    """
    now = datetime.now(UTC)
    due = now if is_missing(config, now) else next_night(at, now)
    while not stop.is_asked:
        if datetime.now(UTC) >= due:
            one_night(config, say, run)
            due = next_night(at, datetime.now(UTC))
            say(f"next night: {due:%Y-%m-%d %H:%M} UTC")
        else:
            time.sleep(_LOOK_SECONDS)


def is_missing(config: NightConfig, now: datetime) -> bool:
    """Say whether nothing was found within a day: a first start, or one after a long pause."""
    if not config.metrics.is_file():
        return True
    written = datetime.fromtimestamp(config.metrics.stat().st_mtime, UTC)
    return now - written > timedelta(days=1)


def next_night(at: time_of_day, now: datetime) -> datetime:
    """Return when it is `at` UTC next, a minute from now at the earliest."""
    due = datetime.combine(now.date(), at, UTC)
    while due - now < timedelta(seconds=_LEAST_SECONDS):
        due += timedelta(days=1)
    return due


def _run(step: tuple[str, ...]) -> int:
    # A process of its own, whose memory is free again when it ends.
    return subprocess.run([sys.executable, "-m", *step], check=False).returncode
