"""Let a world's payments happen on Kafka: `python -m projects.fraud.world --help`."""

import json
import logging
from pathlib import Path
from typing import Annotated, Self

import pandas as pd
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from autograder.errors import CourseError
from infra.events.stopping import Stop
from infra.settings import load_settings
from projects.fraud import columns as c
from projects.fraud.commands import run
from projects.fraud.contracts import LABELS_TOPIC, PAYMENTS_TOPIC, Payment
from projects.fraud.scoring.configuration import ScorerConfig
from projects.fraud.scoring.topics import make_scoring_topics
from projects.fraud.simulation import SimulationConfig, simulate
from projects.fraud.world.event_source import Arrival, EventSourceConfig
from projects.fraud.world.public_data import Kind, load_public_data
from projects.fraud.world.publishing import PublishingConfig, publish_world

_APP = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
_SHOWN_EVERY_SECONDS = 0.1


@_APP.callback()
def world() -> None:
    """Play the world that fraud detection lives in; servers as `infra.settings` says."""


@_APP.command()
def play(
    rate: Annotated[float, typer.Option(min=0.01, help="Payments a second, on average.")] = 200.0,
    seconds: Annotated[float, typer.Option(min=0.1, help="For how long.")] = 60.0,
    first_day: Annotated[
        int, typer.Option(min=0, help="The day of the world to begin with; its first is 0.")
    ] = 14,
    seed: Annotated[int, typer.Option(min=0, help="Another world, and other gaps.")] = 0,
    data: Annotated[
        Path | None,
        typer.Option(help="CSV or Parquet in the simulated set's columns, in place of a world."),
    ] = None,
    even: Annotated[
        bool, typer.Option("--even", help="Equal gaps; else they vary as customers' do.")
    ] = False,
    payments: Annotated[str, typer.Option(help="Topic of payments.")] = PAYMENTS_TOPIC,
    labels: Annotated[str, typer.Option(help="Topic of labels, with one partition.")] = (
        LABELS_TOPIC
    ),
) -> None:
    """Publish payments at a rate, and each label when it becomes known.

    Every event goes out when it is due, whether anybody keeps up or not: a scorer that is slow gets
    a queue and not a rest, as from real customers. Labels come seven days of the world's own clock
    after their payments, those of the week before the first day included.

    The end says, as JSON, what was sent and by how many seconds the latest was later than due: far
    above 0 it is this command that could not keep the rate. Ctrl-C ends earlier, in order: what was
    sent is acknowledged.

    A seed gives the same payments every time, and a payment that was decided is not decided again.
    So let the world go on: give the later --first-day that the end names.

    Example: python -m projects.fraud.world play --rate 200 --seconds 60
    """
    table = _payments(data, seed)
    days = int(table[c.TX_TIME_DAYS].max()) - first_day + 1
    source = EventSourceConfig(
        first_day, max(days, 1), payments_per_second=rate, poisson=not even, seed=seed
    )
    config = PublishingConfig(source, seconds, payments, labels)
    kafka, stop, console = load_settings().kafka, Stop(), Console(stderr=True)
    make_scoring_topics(kafka, ScorerConfig(payments=payments, labels=labels))
    with stop.on_signals(), _Shown(console, seconds) as shown:
        played = publish_world(kafka, table, config, is_over=lambda: stop.is_asked, told=shown.tell)
    if stop.is_asked:
        console.print("Ended because it was asked to; what was sent is acknowledged.")
    elif played.payments == (table[c.TX_TIME_DAYS] >= first_day).sum():
        console.print("The world has no more payments; they ended before the seconds did.")
    if shown.last is not None:
        day = table.loc[table[c.TRANSACTION_ID] == shown.last, c.TX_TIME_DAYS].iloc[0]
        console.print(f"To go on: --first-day {day + 1}", highlight=False)
    typer.echo(json.dumps(vars(played)))


class _Shown:
    """Show how much was sent, and keep which payment was the last."""

    def __init__(self, console: Console, seconds: float) -> None:
        columns = (BarColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        self._bar = Progress(*columns, console=console)
        self._task = self._bar.add_task("", total=seconds)
        self._next, self._payments = 0.0, 0
        self.last: int | None = None

    def tell(self, arrival: Arrival) -> None:
        """Take note of an event that was sent."""
        if not isinstance(arrival.event.data, Payment):
            return
        self._payments += 1
        self.last = arrival.event.data.transaction_id
        # A bar that is set a thousand times a second would keep the events waiting.
        if arrival.due >= self._next:
            self._next = arrival.due + _SHOWN_EVERY_SECONDS
            said = f"{self._payments:,} payments"
            self._bar.update(self._task, completed=arrival.due, description=said)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *rest: object) -> None:
        self._bar.stop()


def _payments(data: Path | None, seed: int) -> pd.DataFrame:
    if data is None:
        return simulate(SimulationConfig(), seed)
    found = load_public_data(data)
    if found.kind is not Kind.PAYMENTS:
        raise CourseError(
            f"{data.name} knows no cards and no terminals, so it cannot be played.",
            mend=f"Give the simulated set, with {', '.join(c.TRANSACTION_COLUMNS)}.",
        )
    return found.frame


def main() -> None:
    """Run the command; a mistake is told in words, without a traceback."""
    logging.basicConfig(level=logging.WARNING)
    run(_APP)


if __name__ == "__main__":
    main()
