"""Measure a fraud detector: average precision, card precision@k, calibration, cost."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from projects.fraud import columns as c


def average_precision(labels: np.ndarray, scores: np.ndarray) -> float:
    """Return the sum of precision times gain in recall over the distinct scores, high to low.

    Transactions with equal scores enter together, so the order of the rows does not matter. There
    is no interpolation between the points, which the trapezoid rule would add in the detector's
    favour (Davis and Goadrich, 2006). Raise ValueError without a single fraud.
    """
    labels, scores = np.asarray(labels), np.asarray(scores)
    if not labels.sum():
        raise ValueError("average precision needs at least one fraud among the labels")
    order = np.argsort(-scores, kind="stable")
    last_of_ties = np.append(np.diff(scores[order]) != 0, True)
    found = np.cumsum(labels[order])[last_of_ties]
    shown = (np.arange(len(scores)) + 1)[last_of_ties]
    return float(np.sum(found / shown * np.diff(found, prepend=0)) / labels.sum())


def roc_auc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Return how often a fraud's score is above a genuine payment's; a tie is half a time.

    That is the area under the ROC curve: Mann and Whitney's U over the number of pairs (Hanley and
    McNeil, 1982). Raise ValueError without a fraud or without a genuine payment.
    """
    is_fraud = np.asarray(labels) == 1
    frauds, genuine = np.count_nonzero(is_fraud), np.count_nonzero(~is_fraud)
    if not frauds or not genuine:
        raise ValueError("the area under the ROC curve needs frauds and genuine payments")
    above = rankdata(scores)[is_fraud].sum() - frauds * (frauds + 1) / 2
    return float(above / (frauds * genuine))


def card_precision_by_day(test: pd.DataFrame, scores: np.ndarray, k: int = 100) -> pd.Series:
    """Return, day by day, the share of the `k` most suspicious cards that were compromised.

    A card's score is its highest of the day, and it counts as compromised if any of its
    transactions of that day is a fraud. A compromised card once found leaves the list of the days
    after. Ties go to the smaller customer id.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, is {k}")
    cards = (
        test.assign(score=np.asarray(scores))
        .groupby([c.TX_TIME_DAYS, c.CUSTOMER_ID])
        .agg(score=("score", "max"), fraud=(c.TX_FRAUD, "max"))
        .reset_index()
        .sort_values([c.TX_TIME_DAYS, "score", c.CUSTOMER_ID], ascending=[True, False, True])
    )
    found: set[int] = set()
    precision = {}
    for day, today in cards.groupby(c.TX_TIME_DAYS):
        listed = today[~today[c.CUSTOMER_ID].isin(found)].head(k)
        caught = listed.loc[listed["fraud"] == 1, c.CUSTOMER_ID]
        found.update(caught)
        precision[day] = len(caught) / k
    return pd.Series(precision, name=f"card_precision_at_{k}", dtype=float)


def card_precision_at_k(test: pd.DataFrame, scores: np.ndarray, k: int = 100) -> float:
    """Return the mean over the days of `card_precision_by_day`."""
    return float(card_precision_by_day(test, scores, k).mean())


def expected_calibration_error(
    labels: np.ndarray, probabilities: np.ndarray, bins: int = 10
) -> float:
    """Return the mean distance of predicted from observed share over bins of equal size.

    Bins hold equally many transactions: with one fraud in a hundred, bins of equal width would
    put nearly all of them into the first.
    """
    labels, probabilities = np.asarray(labels, float), np.asarray(probabilities, float)
    order = np.argsort(probabilities, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gaps = [abs(labels[part].mean() - probabilities[part].mean()) * len(part) for part in parts]
    return float(sum(gaps) / len(labels))


def total_cost(
    labels: np.ndarray, amounts: np.ndarray, alerts: np.ndarray, review_cost: float
) -> float:
    """Return euros lost: each alert costs a review, each fraud without an alert its amount."""
    labels, amounts, alerts = np.asarray(labels), np.asarray(amounts, float), np.asarray(alerts)
    missed = (labels == 1) & ~alerts.astype(bool)
    return float(review_cost * np.count_nonzero(alerts) + amounts[missed].sum())


def cheapest_threshold(
    labels: np.ndarray, scores: np.ndarray, amounts: np.ndarray, review_cost: float
) -> float:
    """Return the score from which on an alert is raised at the least total cost.

    The candidates are the distinct scores and infinity (no alert at all); of equal costs the
    highest threshold wins, for it needs the fewest reviews.
    """
    labels, scores = np.asarray(labels), np.asarray(scores, float)
    order = np.argsort(-scores, kind="stable")
    saved = np.cumsum(np.where(labels == 1, np.asarray(amounts, float), 0.0)[order])
    cost = np.concatenate(([0.0], review_cost * (np.arange(len(scores)) + 1) - saved))
    last_of_ties = np.concatenate(([True], np.diff(scores[order]) != 0, [True]))
    cost[~last_of_ties[: len(cost)]] = np.inf
    candidates = np.concatenate(([np.inf], scores[order]))
    return float(candidates[np.argmin(cost)])


def bootstrap_interval(
    groups: np.ndarray,
    metric: Callable[[np.ndarray], float],
    seed: int,
    draws: int = 200,
    level: float = 0.95,
) -> tuple[float, float]:
    """Return the percentile interval of `metric` over groups of rows drawn with replacement.

    `metric` gets row positions. Drawing whole groups (cards) keeps together what belongs
    together: the frauds of one card are not independent of each other.
    """
    rng = np.random.default_rng(seed)
    codes, names = pd.factorize(np.asarray(groups))
    order = np.argsort(codes, kind="stable")
    rows = np.split(order, np.cumsum(np.bincount(codes))[:-1])
    values = [
        metric(np.concatenate([rows[i] for i in rng.integers(0, len(names), len(names))]))
        for _ in range(draws)
    ]
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
