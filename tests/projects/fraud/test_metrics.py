"""The metrics equal slow definitions, known answers and other libraries."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from projects.fraud import metrics

scored = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6)), min_size=1, max_size=60).map(
    lambda rows: tuple(np.array(column) for column in zip(*rows, strict=True))
)


@given(scored)
def test_average_precision_equals_scikit_learn(data):
    labels, scores = data
    assume(labels.any())
    want = average_precision_score(labels, scores)
    assert metrics.average_precision(labels, scores) == pytest.approx(want)


def test_average_precision_refuses_labels_without_fraud():
    with pytest.raises(ValueError, match="at least one fraud"):
        metrics.average_precision(np.zeros(3), np.arange(3))


@given(scored)
def test_the_area_under_the_curve_equals_scikit_learn(data):
    labels, scores = data
    assume(0 < labels.sum() < len(labels))
    assert metrics.roc_auc(labels, scores) == pytest.approx(roc_auc_score(labels, scores))


@pytest.mark.parametrize("labels", [np.zeros(3), np.ones(3)])
def test_no_area_without_both_kinds(labels):
    with pytest.raises(ValueError, match="frauds and genuine"):
        metrics.roc_auc(labels, np.arange(3))


def cards(rows):
    return pd.DataFrame(rows, columns=["TX_TIME_DAYS", "CUSTOMER_ID", "TX_FRAUD", "score"])


def test_a_card_found_once_leaves_the_list():
    frame = cards([(0, 1, 1, 0.9), (0, 2, 0, 0.8), (1, 1, 1, 0.9), (1, 2, 1, 0.7), (1, 3, 0, 0.1)])
    by_day = metrics.card_precision_by_day(frame, frame["score"], k=2)
    assert by_day.to_dict() == {0: 0.5, 1: 0.5}
    assert metrics.card_precision_at_k(frame, frame["score"], k=1) == 1.0


def test_a_card_is_as_suspicious_as_its_worst_transaction():
    frame = cards([(0, 1, 0, 0.1), (0, 1, 1, 0.9), (0, 2, 0, 0.5), (0, 3, 0, 0.4)])
    assert metrics.card_precision_at_k(frame, frame["score"], k=1) == 1.0
    assert metrics.card_precision_at_k(frame, frame["score"], k=10) == pytest.approx(0.1)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 6), st.integers(0, 1), st.integers(0, 4)),
        min_size=1,
        max_size=50,
    ),
    st.integers(1, 4),
)
def test_card_precision_equals_a_loop(rows, k):
    frame = cards(rows)
    found, daily = set(), []
    for day in sorted(set(frame["TX_TIME_DAYS"])):
        today = [row for row in rows if row[0] == day and row[1] not in found]
        worst = {card: max(r[3] for r in today if r[1] == card) for _, card, _, _ in today}
        listed = sorted(worst, key=lambda card: (-worst[card], card))[:k]
        caught = {card for card in listed if any(r[2] for r in today if r[1] == card)}
        found |= caught
        daily.append(len(caught) / k)
    assert metrics.card_precision_at_k(frame, frame["score"], k) == pytest.approx(np.mean(daily))


@settings(max_examples=60, deadline=None)
@given(scored, st.integers(1, 40))
def test_no_threshold_is_cheaper(data, review_cost):
    labels, scores = data
    amounts = 10.0 + np.arange(len(labels)) % 7 * 15
    best = metrics.cheapest_threshold(labels, scores, amounts, review_cost)
    cost = metrics.total_cost(labels, amounts, scores >= best, review_cost)
    others = [
        metrics.total_cost(labels, amounts, scores >= threshold, review_cost)
        for threshold in [*np.unique(scores), np.inf]
    ]
    assert cost == pytest.approx(min(others))


def test_calibration_error_of_known_distances():
    labels = np.array([0, 0, 0, 1, 1, 1, 1, 0])
    assert metrics.expected_calibration_error(labels, np.full(8, 0.5), bins=1) == 0
    scores = np.array([0.1] * 4 + [0.6] * 4)
    got = metrics.expected_calibration_error(labels, scores, bins=2)
    assert got == pytest.approx((0.15 + 0.15) / 2)


def test_bootstrap_draws_groups_whole():
    groups = np.repeat(np.arange(30), 5)
    seen = []

    def share(rows):
        seen.append(np.bincount(groups[rows], minlength=30))
        return float(np.mean(groups[rows] < 10))

    low, high = metrics.bootstrap_interval(groups, share, seed=1)
    assert low < 1 / 3 < high and low > 0.1 and high < 0.6
    assert all((counts % 5 == 0).all() and counts.sum() == 150 for counts in seen)
