"""How grading a cohort looks in a terminal, or as JSON lines to a program."""

import json
import time
from typing import Any, Self

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from autograder.classic.assignment import PlainAssignment
from autograder.contract.lab import Lab
from autograder.execution import Confinement
from autograder.grading.cohort import Graded
from autograder.grading.intake import Submission
from autograder.grading.layout import OutputLayout
from autograder.scoring import read_scorecard


class GradeView:
    """Show a cohort's progress on the error stream, or print one JSON line per event."""

    def __init__(
        self, lab: Lab | PlainAssignment, total: int, confinement: Confinement, *, as_data: bool
    ) -> None:
        self._lab, self._as_data, self._begun = lab, as_data, time.monotonic()
        self._finished = self._failed = 0
        self._progress = Progress(
            TextColumn(lab.id),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[last]}", style="dim"),
            console=Console(stderr=True),
            disable=as_data,
            transient=True,
        )
        self._task = self._progress.add_task("", total=total, last="", rate="")
        self._event("begin", submissions=total, layers=confinement.layers)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
        self._event("end", graded=self._finished, failed=self._failed)

    def started(self, submission: Submission) -> None:
        """Tell that a submission is being graded."""
        self._progress.update(self._task, last=f"grading {submission.student}")
        self._event("started", student=submission.student)

    def done(self, graded: Graded) -> None:
        """Tell that a submission has its scorecard."""
        card = graded.card
        self._finished += 1
        self._failed += card.status != "graded"
        minutes = max(1e-6, (time.monotonic() - self._begun) / 60)
        rate = f"{self._finished / minutes:.0f}/min" + (
            f", {self._failed} not graded" if self._failed else ""
        )
        self._progress.update(self._task, advance=1, last=f"{card.student} done", rate=rate)
        self._event(
            "done",
            student=card.student,
            status=card.status,
            score=card.score,
            max_score=card.max_score,
            fresh=graded.fresh,
            problem=card.problem,
        )

    def _event(self, name: str, **what: Any) -> None:
        if self._as_data:
            typer.echo(json.dumps({"event": name, "lab": self._lab.id, **what}))


def print_summary(lab: Lab | PlainAssignment, layout: OutputLayout) -> None:
    """Print a line per submission and where the rest is."""
    title = lab.manifest.title if isinstance(lab, Lab) else "in-kernel tests"
    table = Table(title=f"{lab.id}: {title}", title_justify="left")
    for name in ("student", "score", "tasks", "s", "remark"):
        table.add_column(name, justify="right" if name in ("score", "s") else "left")
    for path in layout.scorecards(lab.id):
        card = read_scorecard(path)
        verdicts = " ".join(_LETTERS.get(str(task.verdict), "?") for task in card.tasks)
        remark = card.problem or "; ".join(card.notes)
        table.add_row(
            escape(card.student),
            f"{card.score:g}/{card.max_score:g}",
            verdicts,
            f"{card.seconds:.1f}",
            escape(remark[:90]),
        )
    console = Console()
    console.print(table)
    console.print(
        "tasks: [green]✓[/] passed  [red]✗[/] failed  [dim]·[/] unattempted  "
        "[red]![/] errored  [dim]-[/] not run"
    )
    for what, path in (
        ("gradebook", layout.gradebook),
        ("report", layout.report(lab.id)),
        ("feedback", layout.root / "feedback"),
        ("scorecards", layout.root / "scorecards"),
    ):
        console.print(f"{what:>10}  {escape(str(path))}", highlight=False, soft_wrap=True)


_LETTERS = {
    "passed": "[green]✓[/]",
    "failed": "[red]✗[/]",
    "unattempted": "[dim]·[/]",
    "errored": "[red]![/]",
    "not_run": "[dim]-[/]",
}
