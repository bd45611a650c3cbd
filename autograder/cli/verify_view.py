"""How a proof looks in a terminal while it runs and when it is done."""

from typing import Any, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from autograder.contract.lab import Lab
from autograder.proving.prove import Verification
from autograder.proving.trials import Trial
from autograder.proving.variants import Kind

# A check that asks at many places holds as many values to bounds.
_THRESHOLDS_OF_A_CHECK = 5


class VerifyView:
    """Show the progress of one lab's proof on the error stream."""

    def __init__(self, lab: str, *, silent: bool) -> None:
        self._lab = lab
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[last]}", style="dim"),
            console=Console(stderr=True),
            disable=silent,
            transient=True,
        )
        self._task = self._progress.add_task(lab, total=None, last="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def stage(self, name: str, steps: int) -> None:
        """Begin a stage of `steps` steps."""
        self._progress.reset(
            self._task, total=steps, description=f"{self._lab}: {name}", last="", completed=0
        )

    def step(self, trial: Trial | None) -> None:
        """Count one step as done."""
        last = trial.variant.label if trial else ""
        self._progress.update(self._task, advance=1, last=last)


def print_verification(result: Verification, lab: Lab) -> None:
    """Print the table of answers, the findings and the conclusion."""
    console = Console()
    if result.trials:
        console.print(_table(result, lab))
        if any(trial.margins for trial in result.trials):
            console.print(_thresholds(result))
    for finding in result.findings:
        style, word = ("bold red", "✗") if finding.blocks else ("yellow", "!")
        console.print(f"[{style}]{word} {escape(finding.rule)}[/]: {escape(finding.message)}")
        if finding.mend:
            console.print(f"  {escape(finding.mend)}", style="dim")
    if result.proved and result.whole:
        console.print(f"[bold green]✓ {result.lab} is proved.[/] Commit its proof.json with it.\n")
    elif result.proved:
        wrong = sum(trial.variant.kind is Kind.MUTANT for trial in result.trials)
        console.print(
            f"[bold green]✓ {result.lab}: its proof still holds[/] for {wrong} of its wrong "
            "answers, and for all right ones.\n"
        )
    else:
        count = sum(finding.blocks for finding in result.findings)
        console.print(f"[bold red]✗ {result.lab} is not proved[/]: {count} to mend.\n")


def summary_line(result: Verification, known: int) -> str:
    """Tell in a line what was proved of a lab, of whose `known` wrong answers some were taken."""
    kinds = [trial.variant.kind for trial in result.trials]
    wrong = f"{kinds.count(Kind.MUTANT)} of its {known} wrong answers"
    return (
        f"{result.lab}: the solution earns all, twice the same; untouched earns nothing, half "
        f"done its half; {wrong} lose exactly what they name; "
        f"{kinds.count(Kind.ALTERNATE)} right ones in another form earn all"
    )


def _table(result: Verification, lab: Lab) -> Table:
    table = Table(title=f"{lab.manifest.id}: {lab.manifest.title}", title_justify="left")
    table.add_column("answer")
    table.add_column("score", justify="right")
    table.add_column("s", justify="right")
    table.add_column("MiB", justify="right")
    table.add_column("loses")
    for trial in result.trials:
        card = trial.card
        if card is None:
            table.add_row(escape(trial.variant.label), "-", "", "", escape(trial.problem))
            continue
        table.add_row(
            escape(trial.variant.label),
            f"{card.score:g}/{card.max_score:g}",
            f"{card.seconds:.1f}",
            f"{max((r.memory_mb for r in card.runs), default=0):.0f}",
            escape(", ".join(sorted(trial.lost())) if trial.variant.kind is Kind.MUTANT else ""),
        )
    return table


def _thresholds(result: Verification) -> Table:
    """Show how far right and wrong answers are from each threshold, the closest of each check."""
    table = Table(title="Thresholds", title_justify="left")
    for name in ("what", "bound", "right answers", "wrong answers"):
        table.add_column(name)
    for check, seen in _held_to_bounds(result).items():
        closest = sorted(seen.items(), key=lambda row: _distance(row[0][1], *row[1]))
        for (what, bound), (right, wrong) in closest[:_THRESHOLDS_OF_A_CHECK]:
            table.add_row(escape(what), f"{bound:.4g}", _range(right), _range(wrong))
        if len(closest) > _THRESHOLDS_OF_A_CHECK:
            more = len(closest) - _THRESHOLDS_OF_A_CHECK
            table.add_row(f"{escape(check)}: {more} more, no closer", "", "", "")
    return table


_Values = tuple[list[float], list[float]]


def _held_to_bounds(result: Verification) -> dict[str, dict[tuple[str, float], _Values]]:
    """Collect by check, what was held and to which bound: values of right and of wrong answers."""
    found: dict[str, dict[tuple[str, float], _Values]] = {}
    for trial in result.trials:
        for check, margins in trial.margins.items():
            seen = found.setdefault(check, {})
            for margin in margins:
                right, wrong = seen.setdefault((margin.what, margin.bound), ([], []))
                (wrong if trial.variant.kind is Kind.MUTANT else right).append(margin.value)
    return found


def _distance(bound: float, *values: list[float]) -> float:
    return min(abs(value - bound) for some in values for value in some)


def _range(values: list[float]) -> str:
    if not values:
        return ""
    low, high = min(values), max(values)
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"


def as_json(result: Verification) -> dict[str, Any]:
    """Return a proof as plain data."""
    return {
        "lab": result.lab,
        "proved": result.proved,
        "findings": [
            {"rule": f.rule, "message": f.message, "mend": f.mend, "severity": f.severity}
            for f in result.findings
        ],
        "answers": [
            {
                "kind": trial.variant.kind,
                "name": trial.variant.name,
                "score": trial.card.score if trial.card else None,
                "max_score": trial.card.max_score if trial.card else None,
                "loses": sorted(trial.lost()),
                "seconds": trial.card.seconds if trial.card else None,
                "problem": trial.problem,
            }
            for trial in result.trials
        ],
    }
