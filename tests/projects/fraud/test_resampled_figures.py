"""Drawing cards by their copies gives the figures that repeated rows give."""

import numpy as np
import pandas as pd
import pytest
from learning_samples import featured
from sklearn.metrics import roc_auc_score

from projects.fraud import columns as c
from projects.fraud import metrics
from projects.fraud.learning.comparison import estimates, gap, ordering
from projects.fraud.learning.daily_cards import DailyCards
from projects.fraud.learning.resampling import FIGURES, Drawn, ExaminationConfig, draw_figures

CONFIG = ExaminationConfig(k=10, draws=15, seed=1)


@pytest.fixture(scope="module")
def week() -> pd.DataFrame:
    frame = featured()
    return frame[frame[c.TX_TIME_DAYS].between(50, 56)].reset_index(drop=True)


@pytest.fixture(scope="module")
def scores(week) -> np.ndarray:
    noise = np.random.default_rng(2).random(len(week))
    # Ties among them, as a tree has.
    return np.round(0.5 * week[c.TX_FRAUD] + 0.6 * noise, 1).to_numpy()


def repeated(week, scores, copies, codes):
    """Return the rows and scores as a table in which each copy of a card is a card of its own."""
    parts = []
    for copy in range(copies.max()):
        there = copies[codes] > copy
        ids = week[c.CUSTOMER_ID] * 1_000 + copy
        parts.append(week.assign(CUSTOMER_ID=ids, score=scores)[there])
    return pd.concat(parts)


def test_without_draws_they_are_the_metrics_themselves(week, scores):
    whole = draw_figures(week, {"one": scores}, CONFIG).whole[0]
    labels = week[c.TX_FRAUD].to_numpy()
    assert whole[:3] == pytest.approx(
        [
            metrics.average_precision(labels, scores),
            roc_auc_score(labels, scores),
            metrics.card_precision_at_k(week, scores, CONFIG.k),
        ],
        rel=1e-12,
    )
    # Bins cut through ties, which lie in another order here.
    assert whole[3] == pytest.approx(metrics.expected_calibration_error(labels, scores), rel=1e-3)


def test_copies_count_as_cards_of_their_own(week, scores):
    codes, cards = pd.factorize(week[c.CUSTOMER_ID])
    copies = np.random.default_rng(5).integers(0, 4, len(cards))
    rows = repeated(week, scores, copies, codes)
    # One list a day: the first day has no memory of cards found on another.
    day = week[c.TX_TIME_DAYS] == 50
    first = DailyCards(week[day], scores[day], codes[day]).precision(10, copies)
    again = rows[rows[c.TX_TIME_DAYS] == 50]
    assert first == metrics.card_precision_at_k(again, again["score"], 10) > 0


def test_draws_lie_around_the_whole_and_are_shared(week, scores):
    drawn = draw_figures(week, {"worse": scores * 0.5, "better": scores}, CONFIG)
    # Halving moves no rank, so every draw is the same for both.
    np.testing.assert_array_equal(drawn.draws[:, 0, :3], drawn.draws[:, 1, :3])
    nothing = gap(drawn, "worse", "better", CONFIG)
    assert (nothing.estimate.low, nothing.estimate.high) == (0, 0) and not nothing.is_shown
    one = estimates(drawn, CONFIG)["better"][FIGURES[0]]
    assert one.low < one.value < one.high
    with pytest.raises(ValueError, match="needs frauds"):
        draw_figures(week.assign(TX_FRAUD=0), {"one": scores}, CONFIG)


def verdict(tuned_ahead: np.ndarray):
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.05, len(tuned_ahead))
    precision = np.column_stack([0.1 + noise, 0.3 + noise, 0.5 + noise, 0.5 + noise + tuned_ahead])
    draws = np.repeat(precision[:, :, None], 4, axis=2)
    names = ("random", "deep tree", "forest", "boosted trees, tuned")
    return ordering(Drawn(names, draws.mean(axis=0), draws), names[:2], CONFIG)


def test_the_order_is_judged_by_paired_gaps():
    ahead = verdict(np.random.default_rng(1).normal(0.02, 0.004, 500))
    assert ahead.holds and "holds: each gap" in ahead.sentence()
    assert ahead.gaps[0].worse == "deep tree"
    unsure = verdict(np.random.default_rng(1).normal(0.002, 0.004, 500))
    assert not unsure.holds
    assert "ordering baselines < forest < boosted trees, tuned is not shown" in unsure.sentence()
    assert "over deep tree: +0.200" in unsure.sentence()
