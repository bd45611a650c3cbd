"""Print and keep what was measured, with the machine it was measured on."""

import os
import platform
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psutil


@dataclass(frozen=True)
class Row:
    """Hold the seconds of both sides, run for run, in turn, and the ratio that is the aim."""

    what: str
    ours: tuple[float, ...]
    other: str
    theirs: tuple[float, ...]
    aim: float

    @property
    def ratio(self) -> float:
        """Return the median of the ratios of neighbouring runs."""
        return median(theirs / ours for ours, theirs in zip(self.ours, self.theirs, strict=True))

    def cells(self) -> tuple[str, ...]:
        """Return the table's cells."""
        ours = f"{median(self.ours):.2f} s, of {len(self.ours)}"
        theirs = f"{self.other} {median(self.theirs):.2f} s"
        return self.what, ours, theirs, f"{self.ratio:.1f} x", f"{self.aim:g} x", self.verdict

    @property
    def verdict(self) -> str:
        return "reached" if self.ratio >= self.aim else "not reached"


@dataclass(frozen=True)
class Bound:
    """Hold one figure that is to stay under a limit."""

    what: str
    value: float
    unit: str
    limit: float
    against: str = "-"

    def cells(self) -> tuple[str, ...]:
        """Return the table's cells."""
        figure, limit = f"{self.value:.2f} {self.unit}", f"under {self.limit:g} {self.unit}"
        verdict = "reached" if self.value < self.limit else "not reached"
        return self.what, figure, self.against, "", limit, verdict


def write_results(rows: list[Row | Bound], path: Path) -> None:
    """Write the table in Markdown to `path` and print it."""
    lines = [
        "# Measured",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, {platform.system()} "
        f"{platform.machine()}, {processor()}, {os.cpu_count()} cores, {memory_gb():.0f} GB, "
        f"load {os.getloadavg()[0]:.1f} at the end, when ten million additions took "
        f"{loop_seconds():.1f} s. "
        "Medians, both sides in turn in one run. `make bench` writes this page.",
        "",
        "| work | here | against | ratio | aim | |",
        "|---|---|---|---|---|---|",
        *("| " + " | ".join(row.cells()) + " |" for row in rows),
    ]
    text = "\n".join(lines) + "\n"
    path.write_text(text, encoding="utf-8")
    print(text)


def processor() -> str:
    """Return the processor's model as its maker names it, or that it is not known."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            name, _, model = line.partition(":")
            if name.strip() == "model name":
                return model.strip()
    return platform.processor() or "a processor of unknown model"


def memory_gb() -> float:
    """Return how much memory the machine has."""
    return float(psutil.virtual_memory().total / 1e9)


def seconds(action: Callable[[], None]) -> float:
    """Return how long `action` takes on the wall clock."""
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def loop_seconds() -> float:
    """Return how long ten million additions take here and now, on the wall clock.

    A machine that is shared is not equally fast at all hours: figures tell little where this is a
    multiple of what it was for others. At best it was 0.5 s where this project's were measured.
    """
    return seconds(lambda: _add(10_000_000))


def _add(count: int) -> int:
    total = 0
    for number in range(count):
        total += number
    return total
