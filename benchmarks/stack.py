"""How long the local stack takes to come and go, and what it weighs: `python -m benchmarks.stack`.

Every start is cold: a fresh folder, no data, no process; the jars are there already. Seconds are
of the whole command, as a learner waits for it. Exits 1 when a figure is past its limit.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from infra.settings import Ports
from infra.stack.locked_jars import fetch_jars
from infra.stack.options import StackOptions
from infra.stack.port_holders import is_free
from infra.stack.processes import of_stack
from infra.stack.stack import Stack
from infra.stack.status import State

SAMPLES = Path(__file__).parents[1] / "tests" / "samples"
_ROUNDS = 3
_FEW = ("kafka", "redis", "postgres", "s3")
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Figure:
    """Hold what was measured, round for round, and what it must stay under."""

    what: str
    unit: str
    values: tuple[float, ...]
    limit: float

    @property
    def is_kept(self) -> bool:
        return median(self.values) < self.limit


def stack_figures() -> list[Figure]:
    """Measure `lab up` of everything and of a few parts, `lab down`, and the memory."""
    fetch_jars(StackOptions().jars, lambda done, of: None)
    everything, few, down, memory = [], [], [], []
    for _ in range(_ROUNDS):
        with tempfile.TemporaryDirectory(prefix="bench-stack-") as folder:
            course = Path(folder) / "course"
            shutil.copytree(SAMPLES, course)
            offset = ("--port-offset", str(free_offset()))
            stack = Stack(course / ".state" / "stack")
            try:
                few.append(_seconds(course, "up", *_FEW, *offset))
                _seconds(course, "down", "--wipe", "--yes")
                everything.append(_seconds(course, "up", *offset))
                statuses = stack.status()
                _require(all(s.state in (State.HEALTHY, State.ABSENT) for s in statuses))
                memory.append(_resident_megabytes(stack))
                down.append(_seconds(course, "down"))
                _require(not of_stack(stack.home.root))
            finally:
                stack.wipe()
    parts = ", ".join(s.part for s in statuses if s.state is not State.ABSENT)
    return [
        Figure(f"lab up ({parts})", "s", tuple(everything), 45),
        Figure(f"lab up {' '.join(_FEW)}", "s", tuple(few), 10),
        Figure("lab down of everything, no process left", "s", tuple(down), 10),
        Figure("resident memory of everything, supervisor too", "MB", tuple(memory), 2000),
    ]


def main() -> int:
    """Measure, print, and return 1 when a figure is past its limit."""
    figures = stack_figures()
    load = os.getloadavg()[0]
    title = f"The local stack on {os.cpu_count()} cores, medians of {_ROUNDS}, load {load:.1f}"
    table = Table(title=title, title_justify="left")
    for name in ("what", "median", "all", "limit", ""):
        table.add_column(name)
    for figure in figures:
        table.add_row(
            figure.what,
            f"{median(figure.values):.1f} {figure.unit}",
            " ".join(f"{value:.1f}" for value in figure.values),
            f"{figure.limit:g} {figure.unit}",
            "✓" if figure.is_kept else "past its limit",
        )
    Console(width=120).print(table)
    return 0 if all(figure.is_kept for figure in figures) else 1


def _seconds(course: Path, *words: str) -> float:
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "autograder.cli.app", *words],
        cwd=course,
        env={k: v for k, v in os.environ.items() if not k.startswith("LAB_")},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - begun


def _resident_megabytes(stack: Stack) -> float:
    processes = of_stack(stack.home.root)
    return sum(process.memory_info().rss for process in processes) / _MEGABYTE


def free_offset() -> int:
    return next(
        offset
        for offset in range(100, 3000, 100)
        if all(is_free(port) for port in Ports(offset=offset).all())
    )


def _require(true: bool) -> None:
    if not true:
        raise RuntimeError("the stack did not come up, or did not go down, as it should")


if __name__ == "__main__":
    sys.exit(main())
