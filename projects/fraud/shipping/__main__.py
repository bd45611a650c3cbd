"""Say what fraud detection costs, and how it ends: `python -m projects.fraud.shipping --help`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from autograder.errors import CourseError
from projects.fraud.shipping.cost import HOME, bill, read_prices, read_sizing

_APP = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
_RATES = (10.0, 50.0, 200.0, 1000.0)


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


if __name__ == "__main__":
    try:
        _APP()
    except CourseError as mistake:
        typer.echo(f"{mistake}", err=True)
        raise SystemExit(2) from None
