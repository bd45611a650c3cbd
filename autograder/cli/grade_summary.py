"""What a graded cohort came to, in one table."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.classic.assignment import PlainAssignment
from autograder.contract.lab import Lab
from autograder.grading.layout import OutputLayout
from autograder.recording.addresses import shown
from autograder.scoring import read_scorecard


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
    places: tuple[tuple[str, object], ...] = (
        ("gradebook", shown(layout.gradebook_url)),
        ("report", layout.report(lab.id)),
        ("feedback", layout.root / "feedback"),
        ("scorecards", layout.root / "scorecards"),
    )
    for what, place in places:
        console.print(f"{what:>10}  {escape(str(place))}", highlight=False, soft_wrap=True)


_LETTERS = {
    "passed": "[green]✓[/]",
    "failed": "[red]✗[/]",
    "unattempted": "[dim]·[/]",
    "errored": "[red]![/]",
    "not_run": "[dim]-[/]",
}
