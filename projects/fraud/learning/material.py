"""The weeks that learning may look at, and in which order."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from projects.fraud import columns as c
from projects.fraud.splitting import SplitConfig, time_split
from projects.fraud.training import TrainingConfig

EARLIER_WEEKS = (3, 1)
DAYS_PER_WEEK = 7


@dataclass(frozen=True)
class Exam:
    """Hold what a model learns from and what it is then examined on, which comes later."""

    train: pd.DataFrame
    test: pd.DataFrame

    @property
    def labels(self) -> np.ndarray:
        return self.test[c.TX_FRAUD].to_numpy()

    @property
    def amounts(self) -> np.ndarray:
        return self.test[c.TX_AMOUNT].to_numpy(float)


@dataclass(frozen=True)
class Material:
    """Hold the exams of one data set from the earliest to the last.

    `tuning` chooses parameters, `rehearsal` calibrates and prices, the model to serve learns from
    `train`. The test period after it is cut out only when `final` is asked for, so that nothing
    before can have read it; where it is still to come, that raises ValueError. `precision` names
    what precision@k counts: cards, or payments where the data knows no cards.
    """

    features: tuple[str, ...]
    tuning: tuple[Exam, ...]
    rehearsal: Exam
    train: pd.DataFrame
    cut_test: Callable[[], pd.DataFrame]
    precision: str = "card precision"

    @cached_property
    def final(self) -> Exam:
        """Return the exam that is looked at once."""
        return Exam(self.train, self.cut_test())

    def matrix(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the features of `frame` as float64 (n, k)."""
        return frame[list(self.features)].to_numpy(np.float64)


def material_of_payments(
    featured: pd.DataFrame,
    training: TrainingConfig,
    earlier_weeks: tuple[int, ...] = EARLIER_WEEKS,
) -> Material:
    """Return the exams of a payment table that `add_features` has been through.

    The final exam is `training.split`, the rehearsal `training.rehearsal`; parameters are chosen
    as many weeks before the rehearsal as `earlier_weeks` says. Raise ValueError where the data
    does not reach back so far.
    """
    split, rehearsal = training.split, training.rehearsal
    starts = [rehearsal.start_day - DAYS_PER_WEEK * weeks for weeks in earlier_weeks]
    if min(starts, default=0) < 0:
        needed = training.start_day - min(starts)
        raise ValueError(f"start_day must be at least {needed}, is {training.start_day}")
    day = featured[c.TX_TIME_DAYS]
    learnt = (day >= split.start_day) & (day < split.start_day + split.train_days)

    def exam(split: SplitConfig) -> Exam:
        return Exam(*time_split(featured, split))

    return Material(
        features=training.features.names,
        tuning=tuple(exam(replace(rehearsal, start_day=start)) for start in starts),
        rehearsal=exam(rehearsal),
        train=featured[learnt],
        cut_test=lambda: exam(split).test,
    )
