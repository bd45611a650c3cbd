"""A small world in which a new kind of fraud begins, and challengers made on different days."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from projects.fraud import columns as c
from projects.fraud.features import FeatureConfig, add_features
from projects.fraud.scenarios import FraudConfig
from projects.fraud.simulation import SimulationConfig
from projects.fraud.world.drift import CardTesting, DriftConfig, simulate_with_drift

WORLD = SimulationConfig(
    customers=700,
    terminals=400,
    days=96,
    radius=8,
    fraud=FraudConfig(terminals_per_day=0.4, cards_per_day=0.2),
)
NEW, DELAY, TRAIN = 60, 7, 21
EXAM = (89, 95)
ALERTS = 0.03
FEATURES = list(FeatureConfig().names)


@dataclass(frozen=True)
class World:
    """Hold payments with features, which of them are of the new kind, and when each was told."""

    payments: pd.DataFrame
    new: np.ndarray
    told: np.ndarray

    def labels(self, day: int) -> np.ndarray:
        """Return the labels as the bank's table has them at the end of `day`."""
        fraud = self.payments[c.TX_FRAUD].to_numpy() == 1
        return (fraud & (self.told <= day)).astype(int)

    def of(self, first: int, last: int) -> np.ndarray:
        """Return which rows lie on these days."""
        return self.payments[c.TX_TIME_DAYS].between(first, last).to_numpy()


def world(seed: int = 0) -> World:
    """Make the world; complaints come one to seven days after a fraud."""
    drift = DriftConfig(CardTesting(first_day=NEW, cards_per_day=1.5))
    featured = add_features(simulate_with_drift(WORLD, drift, seed))
    new = (
        (featured[c.TX_FRAUD] == 1)
        & (featured[c.TX_AMOUNT] <= 5)
        & (featured[c.TX_TIME_DAYS] >= NEW)
    )
    rng = np.random.default_rng(seed)
    told = featured[c.TX_TIME_DAYS].to_numpy() + rng.integers(1, DELAY + 1, len(featured))
    return World(featured, new.to_numpy(), told)


def challenger(made: World, day: int, *, waits: bool) -> HistGradientBoostingClassifier:
    """Return a model made at the end of `day` from the newest three weeks.

    If it `waits`, of those whose labels are complete; else up to that very day, with labels as they
    stand in the table.
    """
    last = day - DELAY if waits else day
    rows = made.of(last - TRAIN + 1, last)
    model = HistGradientBoostingClassifier(
        max_iter=25, max_leaf_nodes=8, min_samples_leaf=40, early_stopping=False, random_state=0
    )
    return model.fit(made.payments.loc[rows, FEATURES], made.labels(day)[rows])


def scores(model: HistGradientBoostingClassifier, made: World, rows: np.ndarray) -> np.ndarray:
    """Return the model's scores of some rows."""
    found: np.ndarray = model.predict_proba(made.payments.loc[rows, FEATURES])[:, 1]
    return found


def caught(model: HistGradientBoostingClassifier, made: World) -> float:
    """Return the share of the last week's new frauds among the 3 % of payments scored highest."""
    rows = made.of(*EXAM)
    found = scores(model, made, rows)
    alert = found >= np.quantile(found, 1 - ALERTS)
    return float(alert[made.new[rows]].mean())
