"""Show the stack's parts as tables, and a start as it goes."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from infra.stack.bringing_up import Step
from infra.stack.status import PartStatus, State

_COLOURS = {
    State.HEALTHY: "green",
    State.STARTING: "yellow",
    State.UNHEALTHY: "red",
    State.FAILED: "red",
    State.STOPPED: "dim",
    State.ABSENT: "dim",
}
_MEGABYTE = 1_000_000


def running_table(statuses: Sequence[PartStatus]) -> Table:
    """Say of each part that is healthy what it is, where, what it keeps and what it weighs."""
    table = _table("part", "version", "address", "data", "memory")
    shown = [s for s in statuses if s.state is State.HEALTHY]
    for status in shown:
        table.add_row(
            status.part,
            escape(status.version),
            _address(status),
            escape(status.data),
            _memory(status.memory_bytes),
        )
    table.show_footer = True
    table.columns[-1].footer = _memory(sum(s.memory_bytes for s in shown))
    return table


def process_table(statuses: Iterable[PartStatus]) -> Table:
    """Say of each part how it fares."""
    table = _table("part", "state", "restarts", "up for", "pid", "address", "memory")
    for status in statuses:
        table.add_row(
            status.part,
            _state(status),
            str(status.restarts) if status.pids or status.restarts else "",
            str(timedelta(seconds=int(status.seconds))) if status.pids else "",
            "\n".join(map(str, status.pids)),
            _address(status),
            _memory(status.memory_bytes),
        )
    return table


def remarks(statuses: Iterable[PartStatus]) -> list[str]:
    """Return a line for each part of which more is to be said than fits a table."""
    return [f"{s.part}: {s.reason}" for s in statuses if s.reason]


def as_data(status: PartStatus) -> dict[str, Any]:
    """Return a status as plain data."""
    return {
        "part": status.part,
        "state": str(status.state),
        "reason": status.reason,
        "version": status.version,
        "address": status.address,
        "data": status.data,
        "pids": list(status.pids),
        "seconds": status.seconds,
        "restarts": status.restarts,
        "memory_bytes": status.memory_bytes,
    }


class StartView:
    """Show each part on a line of its own while it comes up."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.fields[part]:13}"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            console=console,
            transient=True,
        )
        self._lines: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def __call__(self, step: Step) -> None:
        """Take up what a part tells of itself; called from several threads."""
        if step.part not in self._lines:
            self._lines[step.part] = self._progress.add_task("", part=step.part, total=None)
        healthy = step.doing == str(State.HEALTHY)
        self._progress.update(
            self._lines[step.part],
            description=step.doing,
            completed=1 if healthy else step.done,
            total=1 if healthy else step.of or None,
        )


def _table(*names: str) -> Table:
    table = Table(title="The local stack", title_justify="left", box=None, padding=(0, 1, 0, 0))
    for name in names:
        right = name in ("memory", "restarts")
        table.add_column(
            name,
            justify="right" if right else "left",
            overflow="fold",
            # So that the rest fits 80 columns in one piece, to be copied from there.
            no_wrap=name != "data",
        )
    return table


def _state(status: PartStatus) -> str:
    return f"[{_COLOURS[status.state]}]{status.state}[/]"


def _address(status: PartStatus) -> str:
    return escape(status.address).replace(",", "\n")


def _memory(size: int) -> str:
    return f"{size / _MEGABYTE:.0f} MB" if size else ""
