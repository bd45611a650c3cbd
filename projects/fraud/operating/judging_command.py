"""The command of a night: `python -m projects.fraud.operating judge-day --help`."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import sqlalchemy as sa
import typer
from prometheus_client import CollectorRegistry, write_to_textfile

from autograder.errors import CourseError
from infra.settings import load_settings
from projects.fraud.operating.canary import CanaryVerdict
from projects.fraud.operating.registry_place import tracking_at
from projects.fraud.operating.watch_metrics import WatchMetrics

if TYPE_CHECKING:
    from projects.fraud.operating.nightly import Night

_REPOSITORY = Path(__file__).parents[3]


def judge_day(
    payments: Annotated[Path, typer.Option(help="Parquet file, folder of them, or pattern.")],
    day: Annotated[
        int | None,
        typer.Option(min=0, help="Which TX_TIME_DAYS to judge, as at its end; else the newest."),
    ] = None,
    start: Annotated[bool, typer.Option(help="Retrain at once where that is due.")] = True,
    registry: Annotated[
        str | None, typer.Option(help="MLflow's URL or sqlite:///FILE; else as settings say.")
    ] = None,
    database: Annotated[
        str | None, typer.Option(help="URL of the decisions' database; else Postgres of settings.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name of the registered model.")] = "fraud-detector",
    experiment: Annotated[
        str | None, typer.Option(help="MLflow's experiment; else called as the model.")
    ] = None,
    search: Annotated[
        bool, typer.Option(help="Search for parameters; else the champion's are taken.")
    ] = False,
    false_alarms: Annotated[
        float, typer.Option(help="Days a month without drift that may raise an alarm.")
    ] = 1.0,
    review_cost: Annotated[float, typer.Option(min=0, help="Euros that a review costs.")] = 10.0,
    any_code: Annotated[
        bool, typer.Option(help="Let models pass whose code is not committed: to try it out.")
    ] = False,
    metrics: Annotated[
        Path | None, typer.Option(help="File of metrics to write, for a textfile collector.")
    ] = None,
) -> None:
    """Judge a day by the drift watch, decide once, and retrain behind the gate where it is due.

    All payments of the day must be there, and labels seven days after their payments. A challenger
    that passes the gate goes live once `canary` has compared its scores of the newest payments
    with the champion's. Exit status 0: all that was decided was done (a challenger that was refused
    or held back too). 1: a retraining is due and failed; the next run tries again.
    2: the payments or the settings cannot be used, or a server does not answer.
    """
    if not payments.exists() and "*" not in payments.name:
        raise CourseError(f"{payments} is not there.", mend="Give a Parquet file or a folder.")
    # A night's log is read by people; MLflow's bars are for terminals.
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    # MLflow takes seconds to import, for which the other commands need not wait.
    from projects.fraud.learning.calibrating import FitConfig
    from projects.fraud.learning.gate import ChallengeConfig, default_gate
    from projects.fraud.learning.learning_run import LearningConfig
    from projects.fraud.learning.registering import RegisteringConfig
    from projects.fraud.operating.challenger import RetrainingConfig
    from projects.fraud.operating.champion import JudgingConfig
    from projects.fraud.operating.comparing import held_back
    from projects.fraud.operating.nightly import NightConfig, NotRetrainedError
    from projects.fraud.operating.nightly import judge_day as judged
    from projects.fraud.operating.payments_on_disk import newest_day

    gate = replace(default_gate(), reproducible_code=not any_code)
    registering = RegisteringConfig(
        tracking=tracking_at(registry, experiment or name),
        code=_REPOSITORY,
        lock=_REPOSITORY / "requirements" / "fraud.txt",
        name=name,
    )
    config = NightConfig(
        RetrainingConfig(
            registering,
            LearningConfig(fit=FitConfig(review_cost)),
            ChallengeConfig(gate, who="retraining"),
            search=search,
        ),
        JudgingConfig(false_alarms_a_month=false_alarms),
        start=start,
    )
    try:
        engine = _engine(database)
        try:
            chosen = newest_day(payments) if day is None else day
            night = judged(payments, chosen, engine, config, typer.echo)
        finally:
            engine.dispose()
        _write(metrics, night, lambda: held_back(registering))
    except NotRetrainedError as error:
        typer.echo(f"{error}", err=True)
        _write(metrics, error.night, lambda: held_back(registering))
        raise typer.Exit(1) from error
    except sa.exc.SQLAlchemyError as error:
        raise CourseError(
            f"The database of decisions cannot be used: {type(error).__name__}.",
            mend="Is --database right, and is it up? `lab up postgres` starts the local one.",
        ) from error


def _engine(database: str | None) -> sa.Engine:
    if database is not None:
        return sa.create_engine(database)
    options = load_settings().postgres.client_options()
    url = sa.URL.create(
        "postgresql+psycopg",
        username=options["user"],
        password=options["password"],
        host=options["host"],
        port=options["port"],
        database=options["dbname"],
        query={"sslmode": options["sslmode"], "connect_timeout": "10"},
    )
    return sa.create_engine(url, pool_pre_ping=True)


def _write(file: Path | None, night: "Night", held: Callable[[], CanaryVerdict | None]) -> None:
    if file is None or night.report is None:
        return
    registry = CollectorRegistry()
    watched = WatchMetrics(registry)
    watched.record(night.report, night.decided.confirmed, night.due)
    watched.challenger(held())
    write_to_textfile(str(file), registry)
