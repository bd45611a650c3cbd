"""The champion, the days it is compared with, and a day judged against these."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from autograder.errors import CourseError
from infra.tracking.registry import Registry
from projects.fraud import columns as c
from projects.fraud.features import FeatureConfig
from projects.fraud.learning.provenance import LearnedFrom, learned_from
from projects.fraud.learning.registering import RegisteringConfig, load_version
from projects.fraud.learning.scoring_model import ScoringModel
from projects.fraud.operating.drift_watch import (
    ALERT,
    SCORE,
    DriftWatch,
    WatchConfig,
    WatchReport,
)


@dataclass(frozen=True)
class JudgingConfig:
    """Configure how days are judged.

    The reference is the `reference_days` after the champion's training week: they end where its
    test week's labels were known, so on the day on which it could first be registered. The
    champion did not learn from them, so its scores there are as they are in service.
    """

    reference_days: int = 21
    false_alarms_a_month: float = 1.0
    least_payments: int = 200
    features: FeatureConfig = field(default_factory=FeatureConfig)


@dataclass(frozen=True)
class Champion:
    """Hold the live version, and what it learned from."""

    version: int
    model: ScoringModel
    learned: LearnedFrom

    def reference(self, config: JudgingConfig) -> tuple[int, int]:
        """Return the first and the last day that it is compared with."""
        return self.learned.last_day + 1, self.learned.last_day + config.reference_days

    def scored(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the frame with its SCORE and ALERT (0 or 1)."""
        scores = self.model.scores(frame[list(self.model.features)].to_numpy(np.float64))
        return frame.assign(**{SCORE: scores, ALERT: (scores >= self.model.threshold).astype(int)})


def live_champion(registering: RegisteringConfig) -> Champion:
    """Return the live version; raise CourseError where nothing is live."""
    version = Registry(registering.tracking).live(registering.name)
    if version is None:
        raise CourseError(
            f"No version of {registering.name} is live.", mend="Promote one in the registry."
        )
    learned = learned_from(registering, version)
    return Champion(version, load_version(registering, version), learned)


def judged(
    featured: pd.DataFrame, day: int, champion: Champion, config: JudgingConfig
) -> WatchReport:
    """Judge a day of a payment table that `add_features` has been through.

    Labels are used of days that are older than the label delay alone. Raise CourseError where the
    day or the table does not fit the champion's reference.
    """
    known = day - config.features.label_delay_days
    first, last = champion.reference(config)
    _require_days(featured, day, champion, config)
    rows = champion.scored(_between(featured, first, last))
    # The day whose labels are judged is none of those that it is compared with.
    labelled = _between(rows, first, min(last, known - 1))
    try:
        watch = DriftWatch.calibrate(
            rows,
            WatchConfig(
                round(len(rows) / config.reference_days),
                config.false_alarms_a_month,
                config.least_payments,
            ),
            labelled,
        )
    except ValueError as error:
        raise CourseError(
            f"The watch cannot be calibrated on days {first} to {last}: {error}.",
            mend="Give all payments of these days.",
        ) from error
    today, then = (champion.scored(_between(featured, one, one)) for one in (day, known))
    return watch.judge(day, today, then)


def _require_days(
    featured: pd.DataFrame, day: int, champion: Champion, config: JudgingConfig
) -> None:
    first, last = champion.reference(config)
    if day <= last:
        raise CourseError(
            f"Day {day} cannot be judged: version {champion.version} is compared with days "
            f"{first} to {last}.",
            mend=f"Its watch begins on day {last + 1}.",
        )
    strange = set(champion.model.features) - set(featured.columns)
    if strange:
        raise CourseError(
            f"Version {champion.version} asks for {min(strange)}, which is not computed.",
            mend="Promote a model of the features of projects/fraud/features.py.",
        )
    days = featured[c.TX_TIME_DAYS]
    needed = first - max(config.features.windows_days) - config.features.label_delay_days
    if days.min() > needed:
        raise CourseError(
            f"The payments begin on day {days.min()}; windows of day {first}, with which version "
            f"{champion.version} is compared, reach back to day {needed}.",
            mend="Give earlier payments too.",
        )
    payments = int((days == day).sum())
    if payments < config.least_payments:
        raise CourseError(
            f"Day {day} has {payments} payments, and is judged from {config.least_payments} on.",
            mend="Run it again when they are all there; nothing was decided.",
        )


def _between(frame: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    return frame[frame[c.TX_TIME_DAYS].between(first, last)]
