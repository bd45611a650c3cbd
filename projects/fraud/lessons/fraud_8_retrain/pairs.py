"""One difference between two models, and three intervals around it."""

import numpy as np
import pandas as pd

from infra.tracking.bootstrap import BootstrapConfig, Units, bootstrap_interval
from projects.fraud import columns as c
from projects.fraud.metrics import average_precision

CONFIG = BootstrapConfig(resamples=200)


def three_intervals(week: pd.DataFrame, old: np.ndarray, new: np.ndarray) -> pd.DataFrame:
    """Return the gain in average precision with its interval, drawn in three ways."""
    truth = week[c.TX_FRAUD].to_numpy()
    cards = Units.of(len(week), week[c.CUSTOMER_ID].to_numpy())

    def gain(rows: np.ndarray) -> float:
        return average_precision(truth[rows], new[rows]) - average_precision(truth[rows], old[rows])

    whole, single = (
        bootstrap_interval(gain, units, CONFIG) for units in (cards, Units.of(len(week), None))
    )
    # Each model on draws of its own, as when two people report their figures with intervals.
    rng = np.random.default_rng(1)
    apart = [
        average_precision(truth[a], new[a]) - average_precision(truth[b], old[b])
        for a, b in (_two(cards, rng) for _ in range(CONFIG.resamples))
    ]
    low, high = np.quantile(apart, [0.025, 0.975])
    rows = {
        "pairs, whole cards": (whole.low, whole.high),
        "pairs, single payments": (single.low, single.high),
        "each model for itself": (low, high),
    }
    frame = pd.DataFrame(rows, index=["low", "high"]).T
    return frame.assign(gain=whole.estimate)


def _two(units: Units, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    count = len(units.starts)
    one, other = (units.rows_of(rng.integers(count, size=count)) for _ in range(2))
    return one, other
