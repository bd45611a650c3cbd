"""Tell a story as it goes: one line a step, with what came out and how long it took."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console


@dataclass
class Step:
    """Hold what one step says; `note` replaces the line that shows while it goes on."""

    title: str
    console: Console
    said: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def say(self, text: str) -> None:
        """Keep a sentence for the end of the step, and for the page."""
        self.said.append(text)


class Teller:
    """Show the steps of a story on a console and remember them."""

    def __init__(self, console: Console, steps: int) -> None:
        self._console, self._of = console, steps
        self.steps: list[Step] = []

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Show that a step goes on, then what it said."""
        step, begun = Step(title, self._console), time.monotonic()
        place = f"{len(self.steps) + 1}/{self._of}"
        with self._console.status(f"{place} {title} …") as status:
            self._status = status
            yield step
        step.seconds = time.monotonic() - begun
        self.steps.append(step)
        self._console.print(
            f"[green]✓[/] {place} [bold]{title}[/] [dim]{step.seconds:.1f} s[/]", highlight=False
        )
        for sentence in step.said:
            self._console.print(f"      {sentence}", highlight=False, markup=False)

    def progress(self, text: str) -> None:
        """Show what a long step is at."""
        self._status.update(f"{len(self.steps) + 1}/{self._of} {text}")
