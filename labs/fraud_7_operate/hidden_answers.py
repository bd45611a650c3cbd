"""Work out what the lab's answers must be, by other ways than the official answers."""

from typing import Any

import numpy as np
import pandas as pd
from server import serve

INF = float("inf")


def grown(samples: Any, start: float, end: float) -> float | None:
    """Return the growth of a counter by carrying what restarts took away."""
    kept = np.array([value for at, value in samples if start <= at <= end])
    if len(kept) < 2:
        return None
    restarts = np.flatnonzero(np.diff(kept) < 0)
    return float(kept[-1] - kept[0] + kept[restarts].sum())


def quantile(q: float, counts: dict[float, float]) -> float | None:
    """Return the quantile by drawing the line of ranks and reading it off."""
    total = counts[INF]
    if total == 0:
        return None
    finite = sorted(bound for bound in counts if bound < INF)
    ranks = [0.0, *(counts[bound] for bound in finite)]
    bounds = [0.0, *finite]
    if q * total > ranks[-1]:
        return bounds[-1]
    last = next(place for place, rank in enumerate(ranks) if rank >= q * total)
    return float(np.interp(q * total, ranks[last - 1 : last + 1], bounds[last - 1 : last + 1]))


def fleet(q: float, instances: Any, start: float, end: float) -> float | None:
    """Return the quantile over all instances."""
    rows = [
        (bound, grown(samples, start, end))
        for buckets in instances.values()
        for bound, samples in buckets.items()
    ]
    frame = pd.DataFrame(rows, columns=["bound", "count"]).dropna()
    if frame.empty:
        return None
    return quantile(q, frame.groupby("bound")["count"].sum().to_dict())


def burns(bad: np.ndarray, total: np.ndarray, minutes: int, target: float) -> np.ndarray:
    """Return burn rates with pandas' rolling sums."""
    frame = pd.DataFrame({"bad": bad, "total": total})
    sums = frame.rolling(minutes, min_periods=-(-minutes // 2)).sum()
    share = sums["bad"] / sums["total"].where(sums["total"] > 0.5)
    return (share / (1 - target)).to_numpy()


def states(week: dict[str, np.ndarray], target: float, rules: Any, least: int, silent: int) -> Any:
    """Return the states minute by minute."""
    bad, total = week["bad"], week["total"]
    frame = pd.DataFrame({"bad": bad, "seen": ~np.isnan(bad)})
    fires: dict[str, np.ndarray] = {}
    for factor, long, short, severity in rules:
        both = np.fmin(burns(bad, total, long, target), burns(bad, total, short, target))
        known = ~np.isnan(burns(bad, total, long, target) + burns(bad, total, short, target))
        enough = frame["bad"].rolling(long, min_periods=1).sum().to_numpy() >= least - 0.5
        found = known & (both > factor) & enough
        fires[severity] = fires.get(severity, np.zeros(len(bad), bool)) | found
    blind = (frame["seen"].rolling(silent).sum() < 0.5).to_numpy()
    named = [(fires.get("page"), "page"), (blind, "no data"), (fires.get("ticket"), "ticket")]
    return [
        next((name for holds, name in named if holds is not None and holds[minute]), "ok")
        for minute in range(len(bad))
    ]


def stretches(found: list[str]) -> list[tuple[int, int, str]]:
    """Return the episodes from the places where the state changes."""
    codes = pd.Series(found)
    part = (codes != codes.shift()).cumsum()
    return [
        (int(rows.index[0]), int(rows.index[-1]) + 1, rows.iloc[0])
        for _, rows in codes.groupby(part)
        if rows.iloc[0] != "ok"
    ]


def p95(service: Any, setting: Any, rate: int, seconds: float, warmup: float) -> float:
    """Return the nearest-rank 95th percentile of an open-loop test."""
    due = np.arange(round(rate * seconds)) / rate
    latency = np.nan_to_num(serve(due, service, setting) - due, nan=INF)[due >= warmup]
    return float(np.quantile(latency, 0.95, method="inverted_cdf"))


def bears(service: Any, setting: Any, rates: Any, objective: float, told: Any) -> int:
    """Return the highest rate that holds, asking for every rate until one does not."""
    found = 0
    for rate in rates:
        if p95(service, setting, rate, *told) > objective:
            break
        found = rate
    return found


def best(service: Any, rate: int, choices: Any, rates: Any, objective: float, told: Any) -> Any:
    """Return the plan by sorting all settings."""
    rows = [
        (workers, p95(service, setting, rate, *told), batch, wait)
        for workers in choices["workers"]
        for batch in choices["batch"]
        for wait in choices["wait"]
        for setting in [{"workers": workers, "batch": batch, "wait": wait}]
    ]
    holding = sorted(row for row in rows if row[1] <= objective)
    if not holding:
        return None
    workers, latency, batch, wait = holding[0]
    setting = {"workers": workers, "batch": batch, "wait": wait}
    room = bears(service, setting, rates, objective, told) / rate - 1
    return {**setting, "p95": latency, "headroom": room}
