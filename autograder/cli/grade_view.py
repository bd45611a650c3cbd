"""How grading a cohort looks in a terminal, in a log, or as JSON lines to a program."""

import json
from types import TracebackType
from typing import Any, Self

import rich.progress
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

from autograder.classic.assignment import PlainAssignment
from autograder.cli.grade_summary import print_summary
from autograder.contract.lab import Lab
from autograder.execution import Confinement
from autograder.grading.cohort import Graded
from autograder.grading.intake import Submission
from autograder.grading.progress import Progress

__all__ = ["GradeView", "print_summary"]

_SECONDS_BETWEEN_LINES = 10


class GradeView:
    """Show a cohort's progress on the error stream, or print one JSON line per event.

    The events are `begin`, `started`, `done`, `end` and, where grading broke off, `stopped`; each
    has the figures so far. A log, which is no terminal, gets a line every ten seconds.
    """

    def __init__(
        self, lab: Lab | PlainAssignment, total: int, confinement: Confinement, *, as_data: bool
    ) -> None:
        self._lab, self._as_data = lab, as_data
        self._progress = Progress(total)
        self._console = Console(stderr=True)
        self._next_line = float(_SECONDS_BETWEEN_LINES)
        self._live = rich.progress.Progress(
            TextColumn(lab.id),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            _Figures(self._progress),
            TimeElapsedColumn(),
            TextColumn("{task.fields[last]}", style="dim"),
            console=self._console,
            disable=as_data or not self._console.is_terminal,
            transient=True,
        )
        self._task = self._live.add_task("", total=total, last="")
        self._event("begin", submissions=total, layers=confinement.layers)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()
        if error is None:
            self._say_line()
            graded = self._progress.done - self._progress.failed
            self._event("end", graded=graded)
        else:
            self._event("stopped", problem=str(error) or type(error).__name__)

    def started(self, submission: Submission) -> None:
        """Tell that a submission is being graded."""
        self._progress.started()
        self._live.update(self._task, last=submission.student)
        self._event("started", student=submission.student)

    def done(self, graded: Graded) -> None:
        """Tell that a submission has its scorecard."""
        card = graded.card
        self._progress.ended(graded)
        self._live.update(self._task, advance=1, last=card.student)
        if self._progress.seconds >= self._next_line:
            self._next_line = self._progress.seconds + _SECONDS_BETWEEN_LINES
            self._say_line()
        self._event(
            "done",
            student=card.student,
            status=card.status,
            score=card.score,
            max_score=card.max_score,
            fresh=graded.fresh,
            problem=card.problem,
        )

    def event(self, name: str, **what: Any) -> None:
        """Tell a program of something else that happened."""
        self._event(name, **what)

    def _say_line(self) -> None:
        if not self._as_data and not self._console.is_terminal:
            line = f"{self._lab.id}: {self._progress.in_words()}"
            self._console.print(line, highlight=False, markup=False, soft_wrap=True)

    def _event(self, name: str, **what: Any) -> None:
        if self._as_data:
            figures = {"progress": self._progress.figures()}
            typer.echo(json.dumps({"event": name, "lab": self._lab.id, **what, **figures}))


class _Figures(rich.progress.ProgressColumn):
    """Show what is running and failed, the rate and the time left, anew with each refresh."""

    max_refresh = 0.5

    def __init__(self, progress: Progress) -> None:
        super().__init__()
        self._figures = progress

    def render(self, task: rich.progress.Task) -> str:
        return self._figures.in_words().partition(", ")[2]
