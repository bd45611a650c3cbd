"""What fraud detection costs, how it ends, and its nights: `python -m projects.fraud.shipping`."""

import threading
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from infra.events.stopping import Stop
from projects.fraud.commands import run
from projects.fraud.shipping.cost import HOME, bill, read_prices, read_sizing
from projects.fraud.shipping.drift_page import DriftPage
from projects.fraud.shipping.night import NightConfig, nights, one_night

_APP = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
_RATES = (10.0, 50.0, 200.0, 1000.0)
_Days = Annotated[Path, typer.Option(help="Folder in which payments are kept, day by day.")]
_Metrics = Annotated[Path, typer.Option(help="File of metrics that the night writes.")]
_Port = Annotated[int, typer.Option(min=1, max=65535, help="Port of /metrics and /health/live.")]


@_APP.command()
def cost(
    rate: Annotated[list[float] | None, typer.Option(help="Payments a second, on average.")] = None,
    prices: Annotated[Path, typer.Option(help="A table of prices.")] = HOME / "prices.toml",
    sizing: Annotated[Path, typer.Option(help="What runs.")] = HOME / "sizing.toml",
) -> None:
    """Print what a month and a thousand scores cost at some rates."""
    told, runs = read_prices(prices), read_sizing(sizing)
    bills = [bill(told, runs, one) for one in rate or _RATES]
    table = Table("", *(f"{one.payments_a_second:g}/s" for one in bills))
    for place, item in enumerate(bills[0].items):
        table.add_row(item.what, *(f"{one.items[place].monthly:,.0f}" for one in bills))
    table.add_row("a month", *(f"{one.monthly:,.0f}" for one in bills), style="bold")
    table.add_row("a thousand scores", *(f"{one.per_thousand:.4f}" for one in bills), style="bold")
    console = Console()
    console.print(table)
    source = told.source
    console.print(f"{source.currency}; prices: {source.name}, as of {source.as_of}.")


@_APP.command()
def teardown() -> None:
    """Print the commands that end fraud detection, in their order; they are yours to run."""
    typer.echo((HOME / "teardown.txt").read_text(encoding="utf-8"), nl=False)


@_APP.command()
def night(days: _Days, metrics: _Metrics) -> None:
    """Keep the days that ended and judge the newest, once; the exit status is that of judging."""
    raise typer.Exit(one_night(NightConfig(days, metrics), typer.echo))


@_APP.command("nights")
def every_night(
    days: _Days,
    metrics: _Metrics,
    at: Annotated[datetime, typer.Option(formats=["%H:%M"], help="When, in UTC.")],
    host: str = "127.0.0.1",
    port: _Port = 8013,
) -> None:
    """Do a night's work each day and show what was found, until told to stop."""
    stop = Stop()
    with stop.on_signals(), DriftPage(metrics, host, port) as shown:
        threading.Thread(target=shown.serve_forever, name="page", daemon=True).start()
        nights(NightConfig(days, metrics), at.time(), stop, typer.echo)
        shown.shutdown()


@_APP.command()
def page(metrics: _Metrics, host: str = "127.0.0.1", port: _Port = 8013) -> None:
    """Show what the last night found, whose work is done elsewhere, until told to stop."""
    with DriftPage(metrics, host, port) as shown:
        shown.serve_forever()


if __name__ == "__main__":
    run(_APP)
