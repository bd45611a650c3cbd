"""`lab up`, `ps`, `logs`, `down`: the real servers that labs and projects stand on.

What they do lies in `infra.stack`; this is the one place where the command and the stack meet.
It is imported when a command runs, since the stack's packages are an extra.
"""

import json
import os
import shutil
from typing import Annotated

import typer
from rich.console import Console

from autograder.errors import CourseError

NOT_HEALTHY = 1
_PANEL = "Stack"
_LINES = 50
Parts = Annotated[
    list[str] | None, typer.Argument(help="Parts; all without one.", metavar="[PART]...")
]


def register(app: typer.Typer) -> None:
    """Add the commands of the local stack to `app`."""
    app.command("up", rich_help_panel=_PANEL)(up)
    app.command("ps", rich_help_panel=_PANEL)(ps)
    app.command("logs", rich_help_panel=_PANEL)(logs)
    app.command("down", rich_help_panel=_PANEL)(down)


def up(
    parts: Parts = None,
    brokers: Annotated[
        int | None, typer.Option(min=1, max=3, help="Kafka brokers, 1 or 3; remembered.")
    ] = None,
    port_offset: Annotated[
        int | None, typer.Option(min=0, help="Move all ports up by this; remembered.")
    ] = None,
) -> None:
    """Start kafka, redis, postgres, s3, mlflow, prometheus and alertmanager, or those named.

    Returns when each has done real work. Data lies in .state/stack and is kept over `lab down`.
    Exits 1 when a part did not come up.
    """
    from infra.stack.stack import Stack
    from infra.stack.tables import StartView, remarks, running_table

    if brokers == 2:
        raise CourseError(
            "Two brokers cannot outvote one that is lost.", mend="Choose --brokers 1 or 3."
        )
    stack, console = Stack(), Console()
    with StartView(Console(stderr=True)) as view:
        outcome = stack.up(parts or (), brokers=brokers, port_offset=port_offset, watch=view)
    console.print(running_table(outcome.statuses))
    _say(console, f"Data: {stack.home.data()}")
    if outcome.restarted:
        _say(console, f"Restarted with changed settings: {', '.join(outcome.restarted)}")
    for line in () if parts else remarks(s for s in outcome.statuses if s.state == "absent"):
        _say(console, line)
    for part, error in outcome.failures.items():
        console.print(f"{part} did not come up.", style="bold red", highlight=False)
        _say(console, f"{error}\nMore: lab logs {part}")
    if outcome.failures:
        raise typer.Exit(NOT_HEALTHY)


def ps(
    as_json: Annotated[bool, typer.Option("--json", help="Print data in place of tables.")] = False,
) -> None:
    """Show how each part fares, having it do real work. Exits 1 when one is not well."""
    from infra.stack.stack import Stack
    from infra.stack.tables import as_data, process_table, remarks

    stack, console = Stack(), Console()
    statuses = stack.status()
    if as_json:
        typer.echo(json.dumps([as_data(status) for status in statuses], indent=2))
    else:
        console.print(process_table(statuses))
        for line in (*remarks(statuses), *stack.warnings()):
            _say(console, line)
    if not all(status.is_well for status in statuses):
        raise typer.Exit(NOT_HEALTHY)


def logs(
    part: Annotated[str, typer.Argument(help="A part, or `supervisor`.")],
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on as it grows.")] = False,
    lines: Annotated[int, typer.Option("-n", min=1, help="How many lines.")] = _LINES,
) -> None:
    """Show what a part has said."""
    from infra.stack.stack import Stack

    files = [str(path) for path in Stack().logs(part)]
    tail = shutil.which("tail")
    if tail is None:
        raise CourseError("The program `tail` is not here.", mend=f"Read {', '.join(files)}.")
    # By name, so that it goes on when the supervisor begins a new file.
    how = ("-F",) if follow else ()
    os.execv(tail, (tail, "-n", str(lines), *how, *files))


def down(
    parts: Parts = None,
    wipe: Annotated[bool, typer.Option("--wipe", help="Remove all data too.")] = False,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask before wiping.")] = False,
) -> None:
    """Stop the parts named, or all with their supervisor. Data stays without --wipe."""
    from infra.stack.stack import Stack

    stack, console = Stack(), Console()
    if wipe and parts:
        raise CourseError(
            "--wipe takes everything, and parts were named.", mend="Give one or the other."
        )
    if wipe and not yes:
        typer.confirm(
            f"Remove all topics, tables, objects and runs in {stack.home.root}?", abort=True
        )
    killed = stack.wipe() if wipe else stack.down(parts or ())
    if killed:
        _say(console, f"Had to be killed: {', '.join(sorted(killed))}")
    _say(console, "Stopped, data removed." if wipe else "Stopped; data is kept.")


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
