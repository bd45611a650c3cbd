"""Simulate releases behind a judge: how often is a good one rolled back, and a bad one seen?"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import hypergeom


@dataclass(frozen=True)
class Traffic:
    """Hold what a release sees: requests a minute, the canary's share, usual errors."""

    rate: int = 300
    share: float = 0.1
    usual: float = 0.012
    minutes: int = 60


TRAFFIC = Traffic()


def counts(
    traffic: Traffic, times: float, releases: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return errors of canary and stable, by release and minute, summed from the first minute on.

    The canary fails `times` as often as the others. Shape of both: releases x minutes.
    """
    rng = np.random.default_rng(seed)
    shape = (releases, traffic.minutes)
    few, many = requests(traffic, 1)
    canary = rng.binomial(few, min(1.0, traffic.usual * times), shape)
    stable = rng.binomial(many, traffic.usual, shape)
    return canary.cumsum(axis=1), stable.cumsum(axis=1)


def requests(traffic: Traffic, minutes: int) -> tuple[int, int]:
    """Return the requests of canary and stable in so many minutes."""
    few = round(traffic.rate * traffic.share)
    return few * minutes, (traffic.rate - few) * minutes


def chances(
    traffic: Traffic, times: float, looks: list[int], releases: int = 4_000, seed: int = 0
) -> np.ndarray:
    """Return Fisher's one-sided p-value at each look (minutes) of each release."""
    canary, stable = counts(traffic, times, releases, seed)
    found = []
    for look in looks:
        few, many = requests(traffic, look)
        bad, others = canary[:, look - 1], stable[:, look - 1]
        found.append(tail(bad, others, few, many))
    return np.array(found).T


def tail(bad: np.ndarray, others: np.ndarray, few: int, many: int) -> np.ndarray:
    """Return Fisher's one-sided p-value of pairs of counts, each different pair only once."""
    pairs, place = np.unique(np.stack([bad, others]), axis=1, return_inverse=True)
    values = hypergeom.sf(pairs[0] - 1, few + many, pairs.sum(axis=0), few)
    return np.asarray(values[place.ravel()])


def rolled_back(values: np.ndarray, level: float) -> float:
    """Return the share of releases of which some look is below the level."""
    return float((values < level).any(axis=1).mean())


def first_look(values: np.ndarray, looks: list[int], level: float) -> tuple[float, float]:
    """Return the share of releases that are rolled back, and the median minute of those."""
    below = values < level
    found = below.any(axis=1)
    if not found.any():
        return 0.0, float("nan")
    minutes = np.array(looks)[below[found].argmax(axis=1)]
    return float(found.mean()), float(np.median(minutes))


def against_yesterday(traffic: Traffic, today: float, releases: int = 4_000) -> dict[str, float]:
    """Return how often a good canary is rolled back when everybody fails `today` times as often.

    One look after all minutes, at 0.01: against the same minutes, and against those of yesterday.
    """
    unwell = Traffic(traffic.rate, traffic.share, traffic.usual * today, traffic.minutes)
    canary, stable = (found[:, -1] for found in counts(unwell, 1.0, releases, 1))
    _, before = (found[:, -1] for found in counts(traffic, 1.0, releases, 2))
    few, many = requests(traffic, traffic.minutes)
    return {
        name: float((tail(canary, others, few, many) < 0.01).mean())
        for name, others in (("same minutes", stable), ("yesterday", before))
    }
