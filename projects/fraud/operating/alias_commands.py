"""Commands about which model is live: `python -m projects.fraud.operating compare --help`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.errors import CourseError
from infra.settings import load_settings
from projects.fraud.contracts import LABELS_TOPIC, PAYMENTS_TOPIC
from projects.fraud.features import FeatureConfig, add_features
from projects.fraud.operating.canary import CanaryConfig, CanaryVerdict
from projects.fraud.operating.logged_payments import LogConfig, logged_payments
from projects.fraud.operating.registry_place import tracking_at

if TYPE_CHECKING:
    import pandas as pd

    from projects.fraud.learning.registering import RegisteringConfig

_STATUS = {CanaryVerdict.GO_ON: 0, CanaryVerdict.STOP: 1, CanaryVerdict.WAIT: 3}
_Name = Annotated[str, typer.Option(help="Name of the registered model.")]
_Registry = Annotated[
    str | None, typer.Option(help="MLflow's URL or sqlite:///FILE; else as settings say.")
]
_MODEL = "fraud-detector"


def compare(
    version: Annotated[int, typer.Option(min=1, help="Version to hold against the champion.")],
    payments: Annotated[
        Path | None, typer.Option(help="Folder or file of payments; else the log is read.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="How many of the newest days to score.")] = 7,
    least_payments: Annotated[
        int, typer.Option(min=1, help="Payments below which nothing is said.")
    ] = CanaryConfig.least_payments,
    least_shared: Annotated[
        float, typer.Option(min=0, max=1, help="Share of alerts that must be of both.")
    ] = CanaryConfig.least_shared,
    most_alerts: Annotated[
        float, typer.Option(min=1.01, help="How many times apart alerts may be.")
    ] = CanaryConfig.most_alerts,
    most_expected: Annotated[
        float, typer.Option(min=1.01, help="How many times apart expected frauds may be.")
    ] = CanaryConfig.most_expected,
    go_live: Annotated[
        bool, typer.Option("--go-live", help="Move the alias where the verdict is go on.")
    ] = False,
    who: Annotated[str, typer.Option(help="Who moves the alias.")] = "",
    why: Annotated[str, typer.Option(help="Why it moves.")] = "",
    name: _Name = _MODEL,
    registry: _Registry = None,
    payments_topic: Annotated[str, typer.Option(help="Topic of payments.")] = PAYMENTS_TOPIC,
    labels_topic: Annotated[str, typer.Option(help="Topic of labels.")] = LABELS_TOPIC,
) -> None:
    """Compare a version's scores of the newest payments with the champion's, and tell the verdict.

    With `--go-live` a version that passed the gate takes the champion's place where the verdict is
    go on. Exit status 0: go on. 1: stop. 3: wait, too few payments. 2: payments, versions or
    settings cannot be used, or a server does not answer.
    """
    # MLflow takes seconds to import, for which the other commands need not wait.
    from infra.tracking.registry import Registry
    from projects.fraud.operating.comparing import compare_versions, newest_of, passed_gate

    registering, found = _registering(registry, name), None
    kept = Registry(registering.tracking)
    live = kept.live(name)
    _require_two(name, live, version)
    if go_live:
        _require_told(who, why)
        if not passed_gate(registering, version):
            raise CourseError(
                f"Version {version} of {name} did not pass the gate.",
                mend="Only what passed it may go live; `judge-day` sends challengers there.",
            )
    found = _from_disk(payments) if payments else _from_log(payments_topic, labels_topic)
    rows = newest_of(add_features(found), days)
    canary = CanaryConfig(
        least_payments=least_payments,
        least_shared=least_shared,
        most_alerts=most_alerts,
        most_expected=most_expected,
    )
    typer.echo(f"{name}: version {version} against {live}, which is live; {_of_days(found, rows)}")
    # `_require_two` has seen to it.
    assert live is not None
    report = compare_versions(registering, live, version, rows, canary)
    for line in report.in_words():
        typer.echo(line)
    if go_live and report.verdict is CanaryVerdict.GO_ON:
        kept.promote(name, version, who=who, why=why)
        typer.echo(f"{name}: version {kept.live(name)} is live, {live} was")
    raise typer.Exit(_STATUS[report.verdict])


def roll_back(
    who: Annotated[str, typer.Option(help="Who moves the alias.")],
    why: Annotated[str, typer.Option(help="Why it moves.")],
    to: Annotated[
        int | None, typer.Option(min=1, help="Version; else the last good one before.")
    ] = None,
    name: _Name = _MODEL,
    registry: _Registry = None,
) -> None:
    """Move the champion's alias back, and print what is live; scorers follow within seconds.

    Exit status 0: an earlier version is live. 2: there is none to go back to, or the registry does
    not answer; nothing moved then.
    """
    from infra.tracking.registry import Registry

    _require_told(who, why)
    kept = Registry(_registering(registry, name).tracking)
    before = kept.live(name)
    if to is not None and to == before:
        raise CourseError(f"Version {to} of {name} is live already.", mend="Name another one.")
    kept.rollback(name, who=who, why=why, to=to)
    typer.echo(f"{name}: version {kept.live(name)} is live, {before or 'none'} was")


def _registering(registry: str | None, name: str) -> "RegisteringConfig":
    from projects.fraud.learning.registering import RegisteringConfig

    # Nothing is registered here, so neither code nor lock is read.
    return RegisteringConfig(tracking_at(registry, name), code=Path(), lock=Path(), name=name)


def _require_two(name: str, live: int | None, version: int) -> None:
    if live is None:
        raise CourseError(f"No version of {name} is live.", mend="Promote one in the registry.")
    if live == version:
        raise CourseError(f"Version {version} of {name} is live.", mend="Name another one.")


def _require_told(who: str, why: str) -> None:
    if not who.strip() or not why.strip():
        raise CourseError(
            "Who moves the alias, and why, is not told.", mend="Give --who NAME and --why TEXT."
        )


def _from_disk(source: Path) -> "pd.DataFrame":
    from projects.fraud.operating.payments_on_disk import newest_day, payments_until

    if not source.exists() and "*" not in source.name:
        raise CourseError(f"{source} is not there.", mend="Give a Parquet file or a folder.")
    return payments_until(source, newest_day(source), FeatureConfig().label_delay_days)


def _from_log(payments: str, labels: str) -> "pd.DataFrame":
    found = logged_payments(load_settings().kafka, LogConfig(payments, labels)).payments
    if found.empty:
        raise CourseError(f"{payments} has no payments.", mend="Give some with --payments.")
    return found


def _of_days(found: "pd.DataFrame", rows: "pd.DataFrame") -> str:
    from projects.fraud import columns as c

    config, days = FeatureConfig(), rows[c.TX_TIME_DAYS]
    needed = int(days.min()) - max(config.windows_days) - config.label_delay_days
    begins = int(found[c.TX_TIME_DAYS].min())
    short = f" (their windows reach back to day {needed}, payments to {begins})"
    return f"days {days.min()} to {days.max()}{short if begins > needed else ''}"
