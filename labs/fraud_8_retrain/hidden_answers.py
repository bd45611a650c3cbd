"""Work out what the lab's answers must be, by other ways than the official answers."""

import math
import statistics
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import t as student

WATCHES = ("features", "scores", "labels")
Rows = list[dict[str, Any]]


def values_of(payments: pd.DataFrame, level: float, today: int, delay: int) -> Rows:
    """Return the values of each day, by loops over rows."""
    of_day: dict[int, list[tuple[float, bool, bool]]] = {}
    columns = ("day", "amount", "score", "is_fraud")
    for day, amount, score, fraud in zip(*(payments[c].tolist() for c in columns), strict=True):
        if day <= today:
            of_day.setdefault(day, []).append((math.log(amount), score >= level, fraud == 1))
    found = []
    for day in sorted(of_day):
        parts = list(zip(*of_day[day], strict=True))
        means = dict(zip(WATCHES, (math.fsum(part) / len(part) for part in parts), strict=True))
        if day > today - delay:
            means["labels"] = math.nan
        found.append({"day": day, "payments": len(parts[0]), **means})
    return found


def bounds_of(rows: Rows, false_alarms: float) -> dict[str, dict[str, float]]:
    """Return centre and bound of each watch."""
    found = {}
    for watch in WATCHES:
        days = [row[watch] for row in rows if not math.isnan(row[watch])]
        half = student.isf(false_alarms / 180, len(days) - 1)
        spread = math.sqrt(statistics.variance(days) * (len(days) + 1) / len(days))
        found[watch] = {"centre": statistics.fmean(days), "bound": float(half * spread)}
    return found


def moved_of(rows: Rows, bounds: Any, day: int, delay: int, least: int) -> list[str]:
    """Return the watches that raise an alarm."""
    by_day = {row["day"]: row for row in rows}
    found = []
    for watch in sorted(WATCHES):
        row = by_day.get(day - delay if watch == "labels" else day)
        if row is None or row["payments"] < least or math.isnan(row[watch]):
            continue
        centre, bound = bounds[watch]["centre"], bounds[watch]["bound"]
        if not centre - bound <= row[watch] <= centre + bound:
            found.append(watch)
    return found


def decided(log: Rows, day: int, moved: list[str], rules: Any) -> Rows:
    """Return the log after a night."""
    if day in {entry["day"] for entry in log}:
        return log
    entry = {"day": day, "moved": sorted(moved), "confirmed": [], "retrain": False}
    window = [one for one in [*log, entry] if day - one["day"] < rules["of"]]
    window = [one for one in window if one["day"] not in rules["holidays"]]
    if day not in rules["holidays"]:
        for watch in sorted(WATCHES):
            if sum(watch in one["moved"] for one in window) >= rules["least"]:
                entry["confirmed"].append(watch)
    last = max((one["day"] for one in log if one["retrain"]), default=-math.inf)
    wanted = not set(rules["grounds"]).isdisjoint(entry["confirmed"])
    entry["retrain"] = wanted and day >= last + rules["cooldown"]
    return [*log, entry]


def gained(week: pd.DataFrame, old: dict[int, bool], new: dict[int, bool], review: float) -> Any:
    """Return the gain of each payment of the week."""
    columns = ("payment", "amount", "is_fraud")
    found = []
    for payment, amount, fraud in zip(*(week[c].tolist() for c in columns), strict=True):
        costs = [review if said[payment] else amount * fraud for said in (old, new)]
        found.append(costs[0] - costs[1])
    return np.array(found)


def interval(week: pd.DataFrame, gains: Any) -> tuple[float, float]:
    """Return the interval of the sum of gains that endless resampling of cards would give.

    The distribution of a sum of independent draws is that of one draw, folded with itself as often
    as there are draws: a power of its Fourier transform. So this end of the comparison is not
    left to chance.
    """
    of_cards = pd.Series(gains).groupby(week["card"].to_numpy()).sum().to_numpy()
    cards, size = len(of_cards), 2**16
    step = of_cards.std() * math.sqrt(cards) / 2000
    places = (of_cards - of_cards.mean()) / step
    below = np.floor(places).astype(int)
    one = np.zeros(size)
    # Mass between two points of the grid goes to both, so that the mean stays what it is.
    np.add.at(one, below % size, (1 - (places - below)) / cards)
    np.add.at(one, (below + 1) % size, (places - below) / cards)
    together = np.fft.fftshift(np.fft.irfft(np.fft.rfft(one) ** cards, size))
    found = np.searchsorted(np.cumsum(np.clip(together, 0, None)), [0.025, 0.975])
    low, high = of_cards.sum() + step * (found - size // 2)
    return float(low), float(high)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def pointed(moves: Rows, alias: str, at: str | None = None) -> Any:
    """Return where an alias pointed at a time, or points after all moves."""
    for move in reversed(moves):
        if move["alias"] == alias and (at is None or instant(move["at"]) <= instant(at)):
            return move["target"]
    return None


def goes_back_to(moves: Rows, alias: str, bad: int, existing: list[int]) -> Any:
    """Return where a rollback leads, or None."""
    own = [move for move in moves if move["alias"] == alias]
    for move in reversed(own):
        version = move["target"]
        if version == bad or version not in existing:
            continue
        # What was said of it last: promoted, or rolled back from?
        last = next(
            one["kind"]
            for one in reversed(own)
            if (one["kind"] == "promoted" and one["target"] == version)
            or (one["kind"] == "rolled back" and one["source"] == version)
        )
        if last == "promoted":
            return version
    return None
