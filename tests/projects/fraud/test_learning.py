"""Learning keeps its hands off the test week, and its choices do what they promise there."""

import learning_samples
import numpy as np
import pandas as pd
import pytest
from learning_samples import LEARNING, TRAINING, featured, material_of, payments

from projects.fraud import columns as c
from projects.fraud import metrics
from projects.fraud.features import add_features
from projects.fraud.learning.boosting import BoostingConfig
from projects.fraud.learning.calibrating import fit_booster
from projects.fraud.learning.imbalance import cheapest, compare_weights
from projects.fraud.learning.learning_run import BASELINES, CALIBRATED, learn
from projects.fraud.learning.material import Material, material_of_payments
from projects.fraud.learning.resampling import AVERAGE_PRECISION, CALIBRATION_ERROR

FEW_TREES = BoostingConfig(n_estimators=30, num_leaves=8, path_smooth=20.0, max_bin=4_095)


@pytest.fixture(scope="module")
def material() -> Material:
    return learning_samples.material()


@pytest.fixture(scope="module")
def learned():
    return learning_samples.learned()


def test_weeks_follow_each_other_and_their_labels_are_known(material):
    exams = (*material.tuning, material.rehearsal, material.final)
    assert [one.test[c.TX_TIME_DAYS].min() for one in exams] == [28, 35, 42, 56]
    for one in exams:
        gap = one.test[c.TX_TIME_DAYS].min() - one.train[c.TX_TIME_DAYS].max()
        assert gap == TRAINING.features.label_delay_days + 1
    assert material.train[c.TX_TIME_DAYS].agg(["min", "max"]).tolist() == [42, 48]
    with pytest.raises(ValueError, match="start_day must be at least 28"):
        material_of_payments(featured(), TRAINING.__class__(start_day=20), (2, 1))


def test_a_test_week_of_other_values_changes_no_choice(learned):
    frame = featured().copy()
    late = (frame[c.TX_TIME_DAYS] >= TRAINING.split.test_start).to_numpy()
    rng = np.random.default_rng(0)
    for name in (c.TX_AMOUNT, *TRAINING.features.names):
        frame[name] = np.where(late, rng.normal(1e3, 1e3, len(frame)), frame[name])
    frame[c.TX_FRAUD] = np.where(late, rng.integers(0, 2, len(frame)), frame[c.TX_FRAUD])
    other = learn(material_of(frame), LEARNING)
    assert other == learned
    assert len(learned.trials) == LEARNING.tuning.trials
    assert max(learned.trials) >= max(learned.trials[:2])


def test_labels_of_the_last_week_are_not_known_yet():
    """All labels of the 7 days before the test week are turned round: nothing has seen them."""
    now = TRAINING.split.test_start
    world = payments()
    day = world[c.TX_TIME_DAYS]
    unknown = day >= now - TRAINING.features.label_delay_days
    turned = world.assign(TX_FRAUD=world[c.TX_FRAUD].where(~unknown, 1 - world[c.TX_FRAUD]))
    other = add_features(turned)
    past = day < now
    names = list(TRAINING.features.names)
    pd.testing.assert_frame_equal(other.loc[past, names], featured().loc[past, names])
    one, same = (
        learn(material_of(frame[past]), LEARNING, FEW_TREES) for frame in (featured(), other)
    )
    assert one == same
    later = day > now + 1
    assert not other.loc[later, names].equals(featured().loc[later, names])


def test_a_test_week_that_is_to_come_does_not_hinder_learning():
    past = featured()[featured()[c.TX_TIME_DAYS] < TRAINING.split.test_start]
    material = material_of(past)
    found = learn(material, LEARNING, FEW_TREES)
    assert found == learn(material_of(featured()), LEARNING, FEW_TREES)
    with pytest.raises(ValueError, match="test period"):
        _ = material.final


def test_the_table_has_every_candidate_and_a_verdict():
    found = learning_samples.examined()
    table = found.table
    assert set(BASELINES) < set(table.index) and CALIBRATED in table.index
    ap = table[AVERAGE_PRECISION]
    assert ap["random"] < 0.1 < ap["amount rule"] < ap["boosted trees, tuned"]
    assert (table[f"{AVERAGE_PRECISION} low"] < ap).all()
    assert (ap < table[f"{AVERAGE_PRECISION} high"]).all()
    assert table.loc[CALIBRATED, CALIBRATION_ERROR] < 0.02
    gaps = found.ordering.gaps
    assert gaps[0].better == gaps[1].worse == "forest"
    assert gaps[0].estimate.value == pytest.approx(ap["forest"] - ap[list(BASELINES)].max())
    assert found.ordering.holds == all(gap.estimate.low > 0 for gap in gaps)
    assert ("holds" in found.ordering.sentence()) == found.ordering.holds


def test_the_model_saves_money_and_means_its_probabilities(material, learned):
    test = material.final.test
    labels, amounts = test[c.TX_FRAUD].to_numpy(), test[c.TX_AMOUNT].to_numpy()
    matrix = material.matrix(test)
    cost = metrics.total_cost(labels, amounts, learned.model.alerts(matrix), 5.0)
    nothing = metrics.total_cost(labels, amounts, np.zeros(len(test)), 5.0)
    assert cost < 0.7 * nothing
    assert learned.model.scores(matrix).mean() == pytest.approx(labels.mean(), rel=0.5)


def test_weights_are_compared_by_cost_after_calibration(material):
    found = compare_weights(material, FEW_TREES, LEARNING.fit)
    assert [one.name for one in found] == ["none", "root of balance", "balanced"]
    assert found[2].fraud_weight > 20 and found[0].fraud_weight == 1
    assert max(one.calibration_error for one in found) < 0.02
    assert all(one.cost < one.nothing for one in found)
    assert cheapest(found).cost == min(one.cost for one in found)


def test_no_threshold_tells_one_order_of_a_sum_from_another(material):
    names = list(material.features)
    noise = 1 + 1e-14 * np.random.default_rng(1).normal(size=(len(material.train), len(names)))
    noisy = material.train.assign(**(material.train[names] * noise))
    assert not noisy.equals(material.train)
    one, other = (
        fit_booster(frame, material.features, FEW_TREES, 0) for frame in (material.train, noisy)
    )
    assert one.model_to_string() == other.model_to_string()
