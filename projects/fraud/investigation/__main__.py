"""Serve the investigators' desk and send its labels: `python -m projects.fraud.investigation`."""

import logging
from typing import Annotated

import sqlalchemy as sa
import typer
from prometheus_client import CollectorRegistry, start_http_server

from autograder.errors import CourseError
from infra.events.configuration import ProducerConfig
from infra.events.producer import EventProducer
from infra.events.stopping import Stop
from infra.serving.key_store import KeyStore
from infra.serving.quotas import quota_storage
from infra.serving.server import serve as serve_app
from infra.settings import load_settings
from projects.fraud.commands import run
from projects.fraud.contracts import CONTRACTS
from projects.fraud.investigation.app import create_app
from projects.fraud.investigation.configuration import InvestigationConfig, RelayConfig
from projects.fraud.investigation.database import open_engine, prepare
from projects.fraud.investigation.errors import NotPreparedError
from projects.fraud.investigation.relay import LabelRelay
from projects.fraud.scoring.decision_table import DecisionTable
from projects.fraud.scoring.topics import make_scoring_topics

_SENT_LONG_AGO = """
delete from {schema}.label_outbox where published_at < now() - make_interval(days => :days)
"""
_APP = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
Schema = Annotated[str, typer.Option(help="The schema of the tables.", envvar="FRAUD_SCHEMA")]


@_APP.command(name="add-key")
def add_key(
    name: str,
    quota: Annotated[str | None, typer.Option(help="Such as 100/minute.")] = None,
) -> None:
    """Make a key for the analyst NAME and print it: it is never shown again."""
    try:
        token = KeyStore.in_postgres(load_settings().postgres).create(name, quota=quota)
    except ValueError as error:
        raise CourseError(f"No key was made: {error}.", mend="Give --quota 100/minute.") from error
    typer.echo(token.reveal())


@_APP.command()
def serve(
    host: str = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8010,
    schema: Schema = "fraud",
    shared_quotas: Annotated[bool, typer.Option(help="Count quotas in Redis.")] = False,
) -> None:
    """Serve the API and the page until told to stop."""
    config = _config(schema)
    settings = load_settings()
    engine = _prepared(config)
    quotas = quota_storage(settings.redis, prefix="investigation") if shared_quotas else None
    keys = KeyStore.in_postgres(settings.postgres)
    serve_app(create_app(config, engine, keys, quotas=quotas), host=host, port=port)


@_APP.command()
def relay(
    schema: Schema = "fraud",
    metrics_port: Annotated[int | None, typer.Option(help="Port of /metrics.")] = None,
) -> None:
    """Send the labels that verdicts made to their topic until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    config, running, stop, registry = _config(schema), RelayConfig(), Stop(), CollectorRegistry()
    kafka = load_settings().kafka
    make_scoring_topics(kafka)
    with (
        stop.on_signals(),
        EventProducer(kafka, ProducerConfig(name=running.name), CONTRACTS) as producer,
    ):
        carrying = LabelRelay(_prepared(config), config.schema, producer, running)
        carrying.count_in(registry)
        if metrics_port is not None:
            start_http_server(metrics_port, registry=registry)
        carrying.run(stop)


@_APP.command()
def tidy(
    days: Annotated[int, typer.Option(min=1, help="How long sent labels are kept.")] = 90,
    schema: Schema = "fraud",
) -> None:
    """Remove from the outbox what was sent long ago; verdicts stay."""
    engine = _prepared(_config(schema))
    with engine.begin() as session:
        asked = {"days": days}
        gone = session.execute(sa.text(_SENT_LONG_AGO.format(schema=schema)), asked).rowcount
    typer.echo(f"{gone} labels that were sent more than {days} days ago were removed.")


def _config(schema: str) -> InvestigationConfig:
    try:
        return InvestigationConfig(schema=schema)
    except ValueError as error:
        raise CourseError(f"{error}.", mend="Give another --schema.") from error


def _prepared(config: InvestigationConfig) -> sa.Engine:
    postgres = load_settings().postgres
    # Whoever comes first makes it; so the desk may be started before the scorer.
    DecisionTable(config.schema).prepare(postgres)
    engine = open_engine(postgres)
    try:
        prepare(engine, config.schema)
    except NotPreparedError as error:
        raise CourseError(
            f"{error}.", mend="`python -m projects.fraud.scoring store` runs it."
        ) from error
    return engine


def main() -> None:
    """Run the command; a mistake is told in words, without a traceback."""
    try:
        run(_APP)
    except sa.exc.OperationalError as error:
        said = " ".join(str(error.orig).split())
        typer.echo(f"Postgres does not answer: {said} `lab up postgres` starts it.", err=True)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
