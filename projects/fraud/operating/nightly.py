"""What an operator or a nightly job does for one day: judge it, decide, retrain if that is due."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import sqlalchemy as sa

from autograder.errors import CourseError
from projects.fraud.features import add_features
from projects.fraud.learning.registering import version_name
from projects.fraud.operating.challenger import RetrainingConfig, retrain
from projects.fraud.operating.champion import Champion, JudgingConfig, judged, live_champion
from projects.fraud.operating.drift_watch import WatchReport
from projects.fraud.operating.one_at_a_time import one_at_a_time
from projects.fraud.operating.payments_on_disk import payments_until
from projects.fraud.operating.retraining import DayDecided, RetrainingTrigger, TriggerConfig

Say = Callable[[str], None]
_LOCK = "fraud_retraining"


class NotRetrainedError(Exception):
    """Say that a retraining is due and could not be done; the next run tries again.

    `night` holds what was decided all the same.
    """

    def __init__(self, message: str, night: "Night") -> None:
        super().__init__(message)
        self.night = night


@dataclass(frozen=True)
class NightConfig:
    """Configure a night: how days are judged, when to retrain, how, and whether to start that."""

    retraining: RetrainingConfig
    judging: JudgingConfig = field(default_factory=JudgingConfig)
    trigger: TriggerConfig = field(default_factory=TriggerConfig)
    start: bool = True


@dataclass(frozen=True)
class Night:
    """Hold what was decided on the day.

    `report` is None where that was decided before, and the day was not judged once more because a
    retraining was due. `due` says whether a retraining still is, be it of an earlier day.
    """

    decided: DayDecided
    report: WatchReport | None
    due: bool


def judge_day(source: Path, day: int, engine: sa.Engine, config: NightConfig, say: Say) -> Night:
    """Judge a day as known at its end, decide on it once, and carry out what is due.

    What was done before is said and not done again. Raise CourseError for payments or a champion
    that cannot be used, with nothing decided; and NotRetrainedError where it was decided to
    retrain and that failed.
    """
    trigger = RetrainingTrigger(engine, config.trigger)
    # Of two runs the second finds what the first one did, and would else do it a second time.
    with one_at_a_time(engine, _LOCK):
        earlier = trigger.history()
        report, featured = None, None
        if day not in earlier:
            champion = live_champion(config.retraining.registering)
            featured = _featured(source, day, config.judging)
            report = judged(featured, day, champion, config.judging)
            decided = trigger.decide(report)
            _say_judged(report, champion, config, say)
        else:
            decided = earlier[day]
            say(f"day {day} was decided at {decided.decided_at:%Y-%m-%d %H:%M} UTC")
        say(f"{'retrain' if decided.retrain else 'nothing to do'}: {decided.why}")
        due = [one for one in trigger.history().values() if one.is_due]
        if due and not config.start:
            say(f"due and not started, as was asked: {', '.join(f'day {one.day}' for one in due)}")
        elif due:
            if featured is None:
                featured = _featured(source, day, config.judging)
                report = _judged_again(featured, day, config)
            try:
                _start(trigger, featured, day, config, say)
            except CourseError as error:
                raise NotRetrainedError(
                    f"A retraining is due and was not done: {error} The next run tries again.",
                    _night(trigger, day, report),
                ) from error
        return _night(trigger, day, report)


def _night(trigger: RetrainingTrigger, day: int, report: WatchReport | None) -> Night:
    history = trigger.history()
    return Night(history[day], report, due=any(one.is_due for one in history.values()))


def _featured(source: Path, day: int, config: JudgingConfig) -> pd.DataFrame:
    payments = payments_until(source, day, config.features.label_delay_days)
    return add_features(payments, config.features)


def _start(
    trigger: RetrainingTrigger, featured: pd.DataFrame, day: int, config: NightConfig, say: Say
) -> None:
    trigger.start_due(lambda purpose: retrain(purpose, featured, day, config.retraining, say))


def _judged_again(featured: pd.DataFrame, day: int, config: NightConfig) -> WatchReport | None:
    """Return the day's figures for whoever shows them; what was decided on it stays."""
    with suppress(CourseError):  # another champion may have come since, which cannot judge it
        return judged(featured, day, live_champion(config.retraining.registering), config.judging)
    return None


def _say_judged(report: WatchReport, champion: Champion, config: NightConfig, say: Say) -> None:
    first, last = champion.reference(config.judging)
    name = version_name(config.retraining.registering.name, champion.version)
    say(f"day {report.day}: {report.payments} payments, {name} is live")
    say(f"  compared with days {first} to {last}")
    for watch, one in report.reports.items():
        worst = ", ".join(
            f"{result.feature} by {result.effect:.3g} ({result.test})"
            for result in one.results
            if result.drifted
        )
        say(f"  {watch}: {one.verdict}{': ' + worst if worst else ''}, {one.rows} rows")
