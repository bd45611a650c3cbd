"""The command that keeps the days of the log: `python -m projects.fraud.operating export-days`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from infra.settings import load_settings
from projects.fraud.contracts import LABELS_TOPIC, PAYMENTS_TOPIC
from projects.fraud.operating.days_export import ExportConfig, Exported
from projects.fraud.operating.days_export import export_days as exported
from projects.fraud.operating.logged_payments import DAY_ZERO, LogConfig


def export_days(
    to: Annotated[Path, typer.Option(help="Folder of the days' Parquet files.")],
    day_zero: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The date that is TX_TIME_DAYS 0.")
    ] = f"{DAY_ZERO}",  # type: ignore[assignment]
    settled_after: Annotated[
        int, typer.Option(min=0, help="Days after which a day's labels are not waited for.")
    ] = ExportConfig.settled_after_days,
    payments_topic: Annotated[str, typer.Option(help="Topic of payments.")] = PAYMENTS_TOPIC,
    labels_topic: Annotated[str, typer.Option(help="Topic of labels.")] = LABELS_TOPIC,
) -> None:
    """Write each complete day of the log as a Parquet file, as `judge-day` reads them.

    Days whose labels may still come are written anew each time, the others once. It may be run at
    any time, and again. Exit status 0: all complete days are there. 2: the log or the folder
    cannot be used.
    """
    log = LogConfig(payments_topic, labels_topic, day_zero.date())
    config = ExportConfig(log, settled_after_days=settled_after)
    _say(exported(load_settings().kafka, to, config))


def _say(found: Exported) -> None:
    for one in found.written:
        labels = "labels settled" if one.is_settled else "labels may still come"
        typer.echo(
            f"day {one.day}: {one.payments} payments, {one.frauds} frauds, {labels}: {one.path}"
        )
    until = "is empty" if found.until is None else f"has come to {found.until:%Y-%m-%d %H:%M} UTC"
    typer.echo(
        f"{len(found.written)} days written, {found.left_alone} were there with settled labels; "
        f"the log {until}"
    )
    if found.not_whole:
        typer.echo(
            f"days {', '.join(map(str, found.not_whole))} are not whole any more on the log, "
            "and no file holds them",
            err=True,
        )
    if found.left_out:
        typer.echo(f"{found.left_out} records are no payment of a possible date", err=True)
