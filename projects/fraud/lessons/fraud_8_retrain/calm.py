"""Days on which nothing happens, and how often different watches call all the same."""

import numpy as np
import pandas as pd
from scipy.stats import ks_2samp
from scipy.stats import t as student

# Standard deviations of the log amount: from day to day, and from payment to payment.
MOOD, SPREAD = 0.05, 0.8
REFERENCE, RATE = 28, 0.01
VOLUMES = (200, 500, 1_000, 3_000, 10_000)


def rows_alarm(volume: int, days: int = 150, seed: int = 0) -> float:
    """Return the share of calm days on which the rows of a day fail a Kolmogorov-Smirnov test."""
    rng = np.random.default_rng(seed)
    some = max(1, 8_000 // REFERENCE)
    reference = (
        rng.normal(0, MOOD, (REFERENCE, 1)) + rng.normal(0, SPREAD, (REFERENCE, some))
    ).ravel()
    alarms = 0
    for _ in range(days):
        day = rng.normal(0, MOOD) + rng.normal(0, SPREAD, volume)
        alarms += ks_2samp(day, reference, method="asymp").pvalue < RATE
    return alarms / days


def days_alarm(volume: int, worlds: int = 20_000, seed: int = 0) -> float:
    """Return the share of calm days outside what 28 calm days allow for another one."""
    rng = np.random.default_rng(seed)
    # The mean of a day's payments, without drawing each of them.
    noise = np.hypot(MOOD, SPREAD / np.sqrt(volume))
    past, day = rng.normal(0, noise, (worlds, REFERENCE)), rng.normal(0, noise, worlds)
    wide = student.ppf(1 - RATE / 2, REFERENCE - 1) * np.sqrt(1 + 1 / REFERENCE)
    return float((np.abs(day - past.mean(1)) > wide * past.std(1, ddof=1)).mean())


def rules(power: float = 0.7, false: float = 1 / 90, seed: int = 0) -> pd.DataFrame:
    """Return, for three ways to confirm, false starts a year and days until a drift is seen.

    One watch that alarms on a calm day with probability `false`, on a day of drift with `power`.
    """
    rng = np.random.default_rng(seed)
    calm = rng.random((2_000, 365)) < false
    drift = rng.random((20_000, 40)) < power
    found = {}
    for name, least, of in (("1 of 1", 1, 1), ("3 in a row", 3, 3), ("3 of 5", 3, 5)):
        starts = _confirmed(calm, least, of)
        first = starts & ~np.pad(starts[:, :-1], ((0, 0), (1, 0)))
        seen = _confirmed(drift, least, of)
        delay = np.where(seen.any(1), seen.argmax(1) + 1, 40)
        found[name] = {
            "false starts a year": first.sum() / len(calm),
            "days until seen, median": np.median(delay),
            "days, 95 of 100 worlds": np.quantile(delay, 0.95),
        }
    return pd.DataFrame(found).T


def _confirmed(alarms: np.ndarray, least: int, of: int) -> np.ndarray:
    sums = np.cumsum(np.pad(alarms.astype(int), ((0, 0), (of, 0))), axis=1)
    confirmed: np.ndarray = sums[:, of:] - sums[:, :-of] >= least
    return confirmed
