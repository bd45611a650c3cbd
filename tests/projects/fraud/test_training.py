"""Training orders the baselines, and its calibration and threshold do what they are for."""

import numpy as np
import pytest

from projects.fraud import columns as c
from projects.fraud import metrics
from projects.fraud.baselines import candidates
from projects.fraud.features import add_features
from projects.fraud.scenarios import FraudConfig
from projects.fraud.simulation import SimulationConfig, simulate
from projects.fraud.splitting import time_split
from projects.fraud.training import TrainingConfig, baseline_table, train_detector

CONFIG = TrainingConfig(start_day=35, trees=30, k=20, bootstrap_draws=20, review_cost=5.0)


@pytest.fixture(scope="module")
def featured():
    world = SimulationConfig(
        customers=800,
        terminals=1_600,
        days=56,
        radius=6,
        fraud=FraudConfig(terminals_per_day=1, cards_per_day=1),
    )
    return add_features(simulate(world, 1))


def test_the_table_orders_the_baselines(featured):
    table = baseline_table(featured, CONFIG)
    ap = table["average_precision"]
    assert ap["random"] < ap["deep tree"] < ap["forest"]
    assert ap["random"] < ap["amount rule"] < ap["forest"]
    assert (table["ap_low"] < ap).all() and (ap < table["ap_high"]).all()
    error = table["calibration_error"]
    assert 3 * error["forest"] < error["forest, balanced"]


def test_calibration_mends_a_balanced_forest_and_the_threshold_saves_money(featured):
    balanced = next(one for one in candidates(0, 30) if one.name == "forest, balanced")
    detector = train_detector(featured, balanced, CONFIG)
    _, test = time_split(featured, CONFIG.split)
    labels, amounts = test[c.TX_FRAUD].to_numpy(), test[c.TX_AMOUNT].to_numpy()
    raw, calibrated = detector.raw_scores(test), detector.probabilities(test)
    error = metrics.expected_calibration_error
    assert error(labels, calibrated) < error(labels, raw) / 3
    assert calibrated.mean() == pytest.approx(labels.mean(), rel=0.5)

    def cost(alerts):
        return metrics.total_cost(labels, amounts, alerts, CONFIG.review_cost)

    assert cost(detector.alerts(test)) < 0.6 * cost(np.zeros(len(test)))


def test_the_rehearsal_ends_before_its_labels_are_needed():
    config = TrainingConfig(start_day=40)
    assert config.rehearsal.end_day - 1 + config.features.label_delay_days < config.split.test_start
    with pytest.raises(ValueError, match="start_day must be at least 14"):
        _ = TrainingConfig(start_day=3).rehearsal


def test_the_test_week_is_not_read(featured):
    forest = next(one for one in candidates(0, 5) if one.name == "forest")
    late = featured[c.TX_TIME_DAYS] >= CONFIG.split.start_day + CONFIG.split.train_days
    moved = featured.assign(TX_FRAUD=featured[c.TX_FRAUD].where(~late, 0))
    one, other = (train_detector(frame, forest, CONFIG) for frame in (featured, moved))
    assert one.threshold == other.threshold
    probe = featured.tail(500)
    np.testing.assert_array_equal(one.probabilities(probe), other.probabilities(probe))
