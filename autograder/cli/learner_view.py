"""How a learner's findings look in a terminal, wide or narrow."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.contract.lab import Lab
from autograder.course.course import Course
from autograder.learning.doctor import Finding
from autograder.learning.hint import Hint
from autograder.learning.progress import Row, State, totals
from autograder.learning.submit import Receipt
from autograder.scoring import CheckScore, Scorecard, TaskScore

NARROW = 72  # columns below which tables drop what can be spared
_STYLES = {
    "passed": ("✓", "green"),
    "failed": ("✗", "red"),
    "unattempted": ("○", "dim"),
    "errored": ("!", "red"),
    "not_run": ("-", "dim"),
}
_WORDS = {
    "passed": "passed",
    "failed": "not right yet",
    "unattempted": "not attempted yet - that is not wrong",
    "errored": "stopped with an error",
    "not_run": "not run",
}
_STATES = {
    State.PASSED: "green",
    State.IN_PROGRESS: "yellow",
    State.NOT_STARTED: "",
    State.PLANNED: "dim",
}
_SIGNS = {"good": ("✓", "green"), "note": ("i", "yellow"), "problem": ("✗", "red")}


def print_card(console: Console, card: Scorecard, lab: Lab) -> None:
    """Print verdicts task by task, and what to do next."""
    console.print(Text(f"{lab.manifest.title} ({card.lab})", style="bold"))
    for note in card.notes:
        console.print(Text(f"  note: {note}", style="yellow"))
    for task in card.tasks:
        _print_task(console, task)
    passed = sum(task.verdict == "passed" for task in card.tasks)
    console.print()
    console.print(
        f"{passed} of {len(card.tasks)} tasks pass, {card.score:g} of {card.max_score:g} points "
        f"from the checks that you can see ({lab.max_points:g} with the hidden ones).",
        highlight=False,
    )
    console.print(Text(_next_step(card)))


def _print_task(console: Console, task: TaskScore) -> None:
    sign, style = _STYLES[task.verdict.value]
    head = Text.assemble((f"{sign} ", style), (task.id, "bold"), f"  {task.title}  ")
    head.append(_WORDS[task.verdict.value], style=style)
    console.print(head)
    if task.verdict == "unattempted":
        return
    for check in task.checks:
        if check.verdict != "passed":
            _print_check(console, task, check)


def _print_check(console: Console, task: TaskScore, check: CheckScore) -> None:
    sign, style = _STYLES[check.verdict.value]
    name = check.id.removeprefix(f"{task.id}.").replace("_", " ")
    table = Table.grid(padding=(0, 1))
    table.add_column(width=3)
    table.add_column(overflow="fold")
    words = Text.assemble((name, "bold"), f": {check.message or _WORDS[check.verdict.value]}")
    table.add_row(Text(f"  {sign}", style=style), words)
    if check.feedback:
        table.add_row("", Text(check.feedback, style="italic"))
    console.print(table)


def _next_step(card: Scorecard) -> str:
    if any(check.author_fault for task in card.tasks for check in task.checks):
        return "A check of the course is broken: that is not your fault. Tell the course's authors."
    for task in card.tasks:
        if task.verdict != "passed":
            begin = "Begin with" if task.verdict == "unattempted" else "Next:"
            return f"{begin} {task.id}. A nudge: lab hint {task.id} --lab {card.lab}"
    return f"All that you can see passes. Hand it in: lab submit {card.lab}"


def print_hint(console: Console, hint: Hint) -> None:
    """Print one hint and where the next one is."""
    console.print(Text(f"Hint {hint.number} of {hint.total} for {hint.task}", style="bold"))
    console.print(Text(hint.text))
    after = "That was the last one." if hint.is_last else f"More: lab hint {hint.task}"
    console.print(Text(after, style="dim"))


def print_listing(
    console: Console, rows: Sequence[Row], *, hidden: int, course: Course, track: str | None
) -> None:
    """Print the labs in their order, each with its state, and the tracks there are."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Lab", no_wrap=True)
    if console.width >= NARROW:
        table.add_column("Title", overflow="fold")
        table.add_column("Minutes", justify="right")
    table.add_column("State")
    for row in rows:
        middle = [row.title, f"{row.minutes:g}"] if console.width >= NARROW else []
        table.add_row(row.id, *middle, _state(row))
    if rows:
        console.print(table)
    if hidden:
        console.print(f"{hidden} more are planned: lab list --all", style="dim", highlight=False)
    if track is None:
        names = ", ".join(known.id for known in course.tracks)
        console.print(f"Tracks: {names}. One of them: lab list --track ID", highlight=False)
    console.print("Begin: lab start ID", highlight=False)


def print_progress(console: Console, rows: Sequence[Row]) -> None:
    """Print how far the learner is in every lab that was started, and over the whole course."""
    begun = [row for row in rows if row.state in (State.PASSED, State.IN_PROGRESS)]
    wide = console.width >= NARROW
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Lab", no_wrap=True)
    table.add_column("Tasks", no_wrap=True)
    if wide:
        table.add_column("Points", justify="right")
        table.add_column("Handed in")
    table.add_column("State")
    for row in begun:
        points = f"{row.points:g} / {row.max_points:g}" if row.max_points else "not checked"
        extra = [points, "yes" if row.submitted else ""] if wide else []
        table.add_row(row.id, _bar(row.passed, row.tasks, 10), *extra, _state(row))
    if begun:
        console.print(table)
    passed, working, written = totals(rows)
    console.print(Text.assemble("Labs passed  ", _bar(passed, written, 24)))
    waiting = written - passed - working
    console.print(f"{working} in progress, {waiting} not started.", highlight=False)
    if not begun:
        console.print("Begin with `lab list`, then `lab start ID`.", highlight=False)
    elif wide:
        note = "Points are those of the checks that you can see, as `lab check` found them last."
        console.print(note, style="dim", highlight=False)


def print_receipt(console: Console, receipt: Receipt) -> None:
    """Print what was handed in, and what the learner may still want to mend."""
    when = receipt.time.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
    console.print(f"Handed in {receipt.lab} for {receipt.student} at {when}.", highlight=False)
    console.print(f"{', '.join(receipt.files)} in {receipt.folder}", highlight=False)
    if receipt.before:
        console.print(f"The earlier one is kept in {receipt.before}", style="dim", highlight=False)
    for remark in receipt.remarks:
        console.print(Text(f"  ○ {remark}", style="yellow"))
    if receipt.remarks:
        console.print("You can go on and hand in again; the last one counts.")


def print_findings(console: Console, findings: Sequence[Finding]) -> None:
    """Print what the doctor found, mends beneath."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(width=1)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        sign, style = _SIGNS[finding.state]
        words = Text(finding.found)
        if finding.mend:
            words.append(f"\n{finding.mend}", style="bold" if finding.state == "problem" else "dim")
        table.add_row(Text(sign, style=style), finding.what, words)
    console.print(table)
    problems = sum(finding.state == "problem" for finding in findings)
    last = f"{problems} to mend." if problems else "Nothing here keeps the labs from working."
    console.print(last, style="bold", highlight=False)


def _state(row: Row) -> Text:
    return Text(row.state.value, style=_STATES[row.state])


def _bar(done: int, total: int, width: int) -> Text:
    filled = round(width * done / total) if total else 0
    bar = Text("█" * filled, style="green")
    bar.append("░" * (width - filled), style="dim")
    return bar.append(f" {done}/{total}", style="default")
