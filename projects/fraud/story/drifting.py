"""The chapter on drift: the world changes, the watch notices, a retraining is asked for once."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import sqlalchemy as sa

from projects.fraud import columns as c
from projects.fraud.features import add_features
from projects.fraud.learning.scoring_model import ScoringModel
from projects.fraud.operating.drift_watch import ALERT, SCORE, DriftWatch, WatchConfig
from projects.fraud.operating.retraining import DayDecided, RetrainingTrigger
from projects.fraud.story.configuration import StoryConfig
from projects.fraud.story.streaming import days
from projects.fraud.world.drift import add_drift

_REFERENCE_DAYS = 21


@dataclass(frozen=True)
class Watched:
    """Hold what the watch decided day by day, and the changed world with its features."""

    days: tuple[DayDecided, ...]
    featured: pd.DataFrame

    @property
    def confirmed(self) -> int | None:
        """Return the day on which a retraining was asked for, None when none was."""
        return next((one.day for one in self.days if one.retrain), None)


def watched(world: pd.DataFrame, model: ScoringModel, config: StoryConfig, folder: Path) -> Watched:
    """Change the world on `config.change` and judge each day until a retraining is asked for.

    The watch is calibrated on the three weeks before the stream began, as the live model scored
    them.
    """
    featured = add_features(add_drift(world, config.drift, config.seed), config.features)
    delay = config.features.label_delay_days
    begin = config.live - _REFERENCE_DAYS
    known = days(featured, begin - delay, config.world.days)
    scored = _scored(known, model)
    reference = days(scored, begin, config.live)
    watch = DriftWatch.calibrate(
        reference, WatchConfig(round(len(reference) / _REFERENCE_DAYS), seed=config.seed)
    )
    trigger = RetrainingTrigger(sa.create_engine(f"sqlite:///{folder / 'retraining.db'}"))
    by_day = dict(list(scored.groupby(c.TX_TIME_DAYS)))
    found = []
    for day in range(config.live, config.world.days):
        report = watch.judge(day, by_day[day], by_day[day - delay])
        found.append(trigger.look(report, lambda name: None))
        if found[-1].retrain and day >= config.change:
            break
    return Watched(tuple(found), featured)


def _scored(frame: pd.DataFrame, model: ScoringModel) -> pd.DataFrame:
    scores = model.scores(frame[list(model.features)].to_numpy(np.float64))
    return frame.assign(**{SCORE: scores, ALERT: (scores >= model.threshold).astype(int)})
