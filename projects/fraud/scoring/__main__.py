"""Score payments from the command line: `python -m projects.fraud.scoring --help`."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from prometheus_client import CollectorRegistry, start_http_server

from autograder.errors import CourseError
from infra.events.dead_letters import replay, waiting
from infra.events.errors import EventsError
from infra.events.metrics import EventMetrics
from infra.events.stopping import Stop
from infra.events.topics import GroupTopics
from infra.settings import load_settings
from projects.fraud.contracts import DECISIONS_TOPIC, LABELS_TOPIC, PAYMENTS_TOPIC
from projects.fraud.learning.scoring_model import ScoringModel
from projects.fraud.scoring.configuration import ScorerConfig, StoreConfig
from projects.fraud.scoring.garbage import collect_seldom
from projects.fraud.scoring.models import (
    Found,
    ModelFolders,
    Models,
    OneModel,
    WatchedModels,
)
from projects.fraud.scoring.replaying import replayed
from projects.fraud.scoring.scorer_metrics import ScorerMetrics
from projects.fraud.scoring.snapshotting import save_snapshots
from projects.fraud.scoring.store import store_decisions
from projects.fraud.scoring.streaming import score_stream
from projects.fraud.scoring.topics import make_scoring_topics

app = typer.Typer(
    help="Score payments on the stream, in batch, or once more; servers as `infra.settings` says.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
_Model = Annotated[
    Path | None,
    typer.Option(
        help="A model's folder, or one with LIVE, which names a folder in it; without it the "
        "live version of the registry scores."
    ),
]
_Snapshots = Annotated[Path | None, typer.Option(help="Where states are kept over restarts.")]
_Payments = Annotated[str, typer.Option(help="Topic of payments.")]
_Labels = Annotated[str, typer.Option(help="Topic of labels, with one partition.")]
_Decisions = Annotated[str, typer.Option(help="Topic of decisions.")]
_Group = Annotated[str, typer.Option(help="Consumer group.")]


@app.command()
def stream(
    model: _Model = None,
    group: _Group = "fraud-scorer",
    payments: _Payments = PAYMENTS_TOPIC,
    labels: _Labels = LABELS_TOPIC,
    decisions: _Decisions = DECISIONS_TOPIC,
    instance: Annotated[str | None, typer.Option(help="Name of a static member.")] = None,
    snapshots: _Snapshots = None,
    metrics_port: Annotated[int | None, typer.Option(help="Port of /metrics.")] = None,
    watch_seconds: Annotated[float, typer.Option(help="How often the live one is asked.")] = 2.0,
) -> None:
    """Publish a decision for each payment until SIGTERM; models are swapped warm."""
    config = ScorerConfig(
        group=group,
        payments=payments,
        labels=labels,
        decisions=decisions,
        instance=instance,
        snapshots=snapshots,
    )
    collect_seldom()
    kafka, stop, metrics = load_settings().kafka, Stop(), ScorerMetrics()
    with _said(), stop.on_signals(), _models(model, watch_seconds) as models:
        make_scoring_topics(kafka, config)
        if metrics_port is not None:
            start_http_server(metrics_port, registry=metrics.registry)
        score_stream(kafka, models, config, stop=stop, metrics=metrics)


@app.command()
def store(
    group: _Group = "fraud-decision-store",
    decisions: _Decisions = DECISIONS_TOPIC,
    schema: Annotated[str, typer.Option(help="Schema of the table.")] = "fraud",
    metrics_port: Annotated[int | None, typer.Option(help="Port of /metrics.")] = None,
) -> None:
    """Carry published decisions into the table of Postgres until SIGTERM."""
    config, settings, stop = StoreConfig(group, decisions, schema), load_settings(), Stop()
    registry = CollectorRegistry()
    metrics = EventMetrics(group, registry)
    with _said(), stop.on_signals():
        make_scoring_topics(settings.kafka, ScorerConfig(decisions=decisions), config)
        if metrics_port is not None:
            start_http_server(metrics_port, registry=registry)
        store_decisions(settings.kafka, settings.postgres, config, stop=stop, metrics=metrics)


@app.command()
def snapshot(
    snapshots: Annotated[Path, typer.Option(help="Where states are kept over restarts.")],
    group: _Group = "fraud-scorer",
    payments: _Payments = PAYMENTS_TOPIC,
    labels: _Labels = LABELS_TOPIC,
) -> None:
    """Save the states at what the scorers have committed, without holding them up."""
    config = ScorerConfig(group=group, payments=payments, labels=labels, snapshots=snapshots)
    collect_seldom()
    with _said():
        for path in save_snapshots(load_settings().kafka, config):
            typer.echo(path)


@app.command(name="replay")
def replay_log(
    model: _Model = None,
    payments: _Payments = PAYMENTS_TOPIC,
    labels: _Labels = LABELS_TOPIC,
) -> None:
    """Print the decision of every payment of the log as JSON; the same log gives the same bytes."""
    config = ScorerConfig(payments=payments, labels=labels)
    collect_seldom()
    with _said(), _models(model) as models:
        for decision in replayed(load_settings().kafka, models.current(), config):
            typer.echo(decision.model_dump_json())


@app.command()
def dead_letters(
    group: _Group = "fraud-scorer",
    put_back: Annotated[bool, typer.Option(help="Have the group try all of them again.")] = False,
) -> None:
    """Print what a group gave up, and why, as JSON; or put it back."""
    kafka, config = load_settings().kafka, ScorerConfig(group=group)
    topics = GroupTopics.of(config.consumer, config.retry)
    with _said():
        if put_back:
            typer.echo(f"{replay(kafka, topics).put_back} put back")
            return
        for letter in waiting(kafka, topics):
            value = (letter.value or b"").decode(errors="replace")
            typer.echo(json.dumps({"failure": asdict(letter.failure), "value": value}))


@app.command()
def batch(
    source: Annotated[
        Path, typer.Argument(help="Parquet file of payments, or a quoted pattern for several.")
    ],
    target: Annotated[Path, typer.Argument(help="Parquet file to write the scores to.")],
    model: _Model = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            help="Parquet file of known labels: TRANSACTION_ID, TX_DATETIME, TERMINAL_ID, "
            "TX_FRAUD, and KNOWN_AT where it was known late; without it TX_FRAUD of SOURCE counts."
        ),
    ] = None,
) -> None:
    """Score the payments of Parquet files into one Parquet file.

    SOURCE has TRANSACTION_ID, TX_DATETIME, CUSTOMER_ID, TERMINAL_ID and TX_AMOUNT, with 37
    days of the past, which the features count. TX_FRAUD may be empty, or be missing in some of
    the files or in all: today's payments have no labels yet, and risks count only what is known.

    Example: batch 'payments-*.parquet' scores.parquet --model models/first
    """
    # See `_found`.
    from projects.fraud.scoring.batch_scorer import score_parquet

    with _said(), _models(model) as models:
        scored = score_parquet(source, target, models.current(), labels=labels)
    typer.echo(json.dumps(vars(scored) | {"per_second": scored.payments / scored.seconds}))


@contextmanager
def _models(folder: Path | None, seconds: float = 2.0) -> Iterator[Models]:
    if folder is not None and not (folder / "LIVE").exists():
        yield OneModel(ScoringModel.load(folder))
        return
    with WatchedModels(_found(folder), seconds) as watched:
        yield watched


def _found(folder: Path | None) -> Callable[[], Found]:
    if folder is not None:
        return ModelFolders(folder)
    # It takes seconds to import, for which a scorer that was killed need not wait.
    from projects.fraud.scoring.registered_models import RegisteredModels

    return RegisteredModels(load_settings().mlflow.url)


@contextmanager
def _said() -> Iterator[None]:
    """Tell a user's mistake, or an outage, in words."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("kafka").setLevel(logging.WARNING)
    try:
        yield
    except (CourseError, EventsError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


if __name__ == "__main__":
    app()
