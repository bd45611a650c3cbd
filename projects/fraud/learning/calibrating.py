"""Fit boosted trees, and give them probabilities and a price on weeks they did not learn from."""

from dataclasses import dataclass

import lightgbm
import numpy as np
import pandas as pd

from projects.fraud import columns as c
from projects.fraud import metrics
from projects.fraud.learning.boosting import BoostingConfig, boosted_trees
from projects.fraud.learning.calibration import Calibration
from projects.fraud.learning.material import Exam
from projects.fraud.learning.scoring_model import ScoringModel

# Means of cents over up to a thousand payments are at least 1e-8 apart.
_DECIMALS = 9


@dataclass(frozen=True)
class FitConfig:
    """Configure a fit: what a review costs in euros, and the seed."""

    review_cost: float = 10.0
    seed: int = 0


def fit_booster(
    train: pd.DataFrame, features: tuple[str, ...], boosting: BoostingConfig, seed: int
) -> lightgbm.Booster:
    """Return trees that learned from the payments of `train`.

    What differs by less than a sum does when it is added up in another order counts as one value,
    so that no threshold tells a batch's mean from a stream's.
    """
    matrix = np.round(train[list(features)].to_numpy(np.float64), _DECIMALS)
    fitted = boosted_trees(boosting, seed).fit(
        matrix, train[c.TX_FRAUD].to_numpy(), feature_name=list(features)
    )
    return fitted.booster_


def fit_scoring_model(
    rehearsal: Exam,
    train: pd.DataFrame,
    features: tuple[str, ...],
    boosting: BoostingConfig,
    config: FitConfig,
) -> ScoringModel:
    """Return a model of `train`, calibrated and priced on the test part of `rehearsal`.

    Trees of the same kind learn from the rehearsal's training part for that: its test part is as
    new to them as the payments to come will be to the final ones.
    """
    early = ScoringModel.of(
        fit_booster(rehearsal.train, features, boosting, config.seed),
        Calibration((0.0,), (0.0,)),
        1.0,
        features,
    )
    margins = early.margins(rehearsal.test[list(features)].to_numpy(np.float64))
    calibration = Calibration.fit(margins, rehearsal.labels)
    threshold = metrics.cheapest_threshold(
        rehearsal.labels, calibration.apply(margins), rehearsal.amounts, config.review_cost
    )
    booster = fit_booster(train, features, boosting, config.seed)
    return ScoringModel.of(booster, calibration, threshold, features)
