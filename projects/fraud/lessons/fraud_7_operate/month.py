"""Make a month of payments with outages, and ask different alerts when they would have called."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

TARGET = 0.99
DAY = 1440
# Minute of the month, minutes, share of slow decisions.
OUTAGES = ((6 * DAY + 660, 40, 0.30), (13 * DAY + 900, 8, 1.0), (20 * DAY + 480, 540, 0.08))
Alert = Callable[[pd.DataFrame], pd.Series]


def payments(seed: int = 0, days: int = 30) -> pd.DataFrame:
    """Return `bad` and `total` of each minute: busy days, quiet nights, three outages."""
    rng = np.random.default_rng(seed)
    minute = np.arange(days * DAY)
    hour = minute % DAY / 60
    total = rng.poisson(np.where((hour >= 1) & (hour < 5), 0.4, 300))
    share = np.full(len(minute), 0.003)
    for begin, length, bad in OUTAGES:
        share[begin : begin + length] = bad
    return pd.DataFrame({"bad": rng.binomial(total, share), "total": total})


def burn(frame: pd.DataFrame, minutes: int) -> pd.Series:
    """Return how many times too fast the budget burnt over the last `minutes`."""
    sums = frame.rolling(minutes, min_periods=1).sum()
    return sums["bad"] / sums["total"].where(sums["total"] > 0) / (1 - TARGET)


def enough(frame: pd.DataFrame, minutes: int) -> pd.Series:
    """Tell whether at least five were bad in the last `minutes`."""
    return frame["bad"].rolling(minutes, min_periods=1).sum() >= 5


def page(frame: pd.DataFrame) -> pd.Series:
    """Tell when one of the two pairs of windows pages."""
    fast = (burn(frame, 60) > 14.4) & (burn(frame, 5) > 14.4) & enough(frame, 60)
    slow = (burn(frame, 360) > 6) & (burn(frame, 30) > 6) & enough(frame, 360)
    return fast | slow


ALERTS: Mapping[str, Alert] = {
    "more than 1 % bad in 5 minutes": lambda frame: burn(frame, 5) > 1,
    "burns 14.4 times over 5 minutes": lambda frame: burn(frame, 5) > 14.4,
    "burns 14.4 times over 1 hour": lambda frame: burn(frame, 60) > 14.4,
    "two windows, 14.4 and 6 times": page,
}


def record(frame: pd.DataFrame) -> pd.DataFrame:
    """Return, for each alert, needless calls and what it made of the outages, in minutes."""
    rows = {}
    for name, alert in ALERTS.items():
        fires = alert(frame).to_numpy()
        begins = np.flatnonzero(fires & ~np.append(False, fires[:-1]))
        needless = [
            at for at in begins if not any(b <= at < b + length + 60 for b, length, _ in OUTAGES)
        ]
        row: dict[str, object] = {"needless calls": len(needless)}
        for number, (begin, length, _) in enumerate(OUTAGES, start=1):
            during = np.flatnonzero(fires[begin : begin + length])
            after = np.flatnonzero(~fires[begin + length :])
            row[f"{number}: after"] = int(during[0]) + 1 if len(during) else None
            row[f"{number}: goes on"] = int(after[0]) if len(during) else None
        rows[name] = row
    return pd.DataFrame(rows).T
