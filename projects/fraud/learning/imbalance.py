"""One fraud in a hundred: compare what to do about it by what it costs, once calibrated.

Nothing is resampled: copies made before the split would be examined on themselves, and leaving
genuine payments out throws away what few there are near the frauds. A weight in the loss does the
same job, and calibration undoes what it does to the probabilities; what is left is told in euros.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from projects.fraud import columns as c
from projects.fraud import metrics
from projects.fraud.learning.at_once import at_once
from projects.fraud.learning.boosting import BoostingConfig
from projects.fraud.learning.calibrating import FitConfig, fit_scoring_model
from projects.fraud.learning.material import Exam, Material


@dataclass(frozen=True)
class Weighing:
    """Hold one weight of frauds and what came of it; costs in euros a week, of earlier weeks.

    `nothing` is the cost of alerting nobody.
    """

    name: str
    fraud_weight: float
    cost: float
    nothing: float
    alerts: float
    average_precision: float
    calibration_error: float


def compare_weights(
    material: Material, boosting: BoostingConfig, config: FitConfig
) -> tuple[Weighing, ...]:
    """Return no weight, the root of the balancing weight, and balance, measured before the test.

    Each week is scored by a model that was calibrated and priced on the week before it in
    `material.tuning` and `material.rehearsal`. Raise ValueError without two weeks.
    """
    weeks = (*material.tuning, material.rehearsal)
    if len(weeks) < 2:
        raise ValueError("comparing weights needs a week for tuning beside the rehearsal")
    share = float(weeks[0].train[c.TX_FRAUD].mean())
    balance = (1 - share) / share if share else 1.0
    options = {"none": 1.0, "root of balance": balance**0.5, "balanced": balance}

    def weighed(option: tuple[str, float]) -> Weighing:
        name, weight = option
        heavier = replace(boosting, fraud_weight=weight)
        return _weighed(name, weeks, material.features, heavier, config)

    return tuple(at_once(weighed, list(options.items())))


def cheapest(found: Sequence[Weighing]) -> Weighing:
    """Return the weighing of least cost; of equal ones the first, which does least."""
    return min(found, key=lambda one: one.cost)


def _weighed(
    name: str,
    weeks: Sequence[Exam],
    features: tuple[str, ...],
    boosting: BoostingConfig,
    config: FitConfig,
) -> Weighing:
    figures = []
    for before, week in pairwise(weeks):
        model = fit_scoring_model(before, week.train, features, boosting, config)
        matrix = week.test[list(features)].to_numpy(np.float64)
        scores = model.scores(matrix)
        alerts = scores >= model.threshold
        cost = metrics.total_cost(week.labels, week.amounts, alerts, config.review_cost)
        figures.append(
            (
                cost,
                float(week.amounts[week.labels == 1].sum()),
                float(alerts.sum()),
                metrics.average_precision(week.labels, model.margins(matrix)),
                metrics.expected_calibration_error(week.labels, scores),
            )
        )
    return Weighing(name, boosting.fraud_weight, *np.mean(figures, axis=0).tolist())
