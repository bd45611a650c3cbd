"""Who waits for whom: a store that is away for two minutes, and payments that share a batch."""

import math
import random

import numpy as np

# Payments a second, the share that needs the shard which is away, and from when to when it is.
RATE, SHARE, AWAY, SECONDS = 20, 0.1, (60.0, 180.0), 300
SERVICE = 0.005
CALL, ROW = 0.004, 0.0015
POLICIES = {
    "dead letter at once": (1, 0.0),
    "wait in place": (0, 0.0),
    "retry topic, 3 tries, 1 s apart": (3, 1.0),
    "retry topic, 12 tries, 15 s apart": (12, 15.0),
}


def outage(tries: int, apart: float, seed: int = 0) -> dict[str, float]:
    """Return how the payments fare under a policy; 0 tries is to wait in place for ever.

    Keys: payments that became dead letters, p95 and worst latency (seconds) of those that did not
    need the shard, worst latency of those that needed it and were decided.
    """
    made = random.Random(seed)
    due = sorted(made.uniform(0, SECONDS) for _ in range(RATE * SECONDS))
    needs = [made.random() < SHARE for _ in due]
    free, dead = 0.0, 0
    others: list[float] = []
    delayed = [0.0]
    for at, needed in zip(due, needs, strict=True):
        begin = max(free, at)
        away = needed and AWAY[0] <= begin < AWAY[1]
        if away and tries == 0:
            begin, away = AWAY[1], False
        free = begin + SERVICE
        if not away:
            (delayed if needed else others).append(free - at)
            continue
        # What waits in the other topic takes the worker's time again; that is little, and left out.
        moments = [free + apart * number for number in range(1, tries)]
        answered = [moment for moment in moments if moment >= AWAY[1]]
        if answered:
            delayed.append(answered[0] + SERVICE - at)
        else:
            dead += 1
    return {
        "dead": dead,
        "p95": float(np.quantile(others, 0.95)),
        "worst": max(others),
        "worst of those that needed it": max(delayed),
    }


def arrivals(rate: float, seconds: float, seed: int = 0) -> np.ndarray:
    """Return when payments are made, (n,), in order: `rate` a second on average."""
    gaps = np.random.default_rng(seed).exponential(1 / rate, round(2 * rate * seconds))
    due = np.cumsum(gaps)
    return due[due < seconds]


def batched(due: np.ndarray, size: int, wait: float) -> tuple[np.ndarray, np.ndarray]:
    """Return when each was taken and when it was decided, by one worker with micro-batches."""
    taken, done = np.zeros(len(due)), np.zeros(len(due))
    first, free = 0, 0.0
    while first < len(due):
        full = due[first + size - 1] if first + size <= len(due) else math.inf
        start = max(free, due[first], min(due[first] + wait, full))
        end = min(first + size, int(np.searchsorted(due, start, side="right")))
        free = start + CALL + ROW * (end - first)
        taken[first:end], done[first:end] = start, free
        first = end
    return taken, done


def p95(latency: np.ndarray) -> float:
    """Return the 95th percentile by nearest rank."""
    return float(np.sort(latency)[-(-95 * len(latency) // 100) - 1])


def tail(rate: float, size: int, wait: float, seconds: float = 20, warmup: float = 4) -> float:
    """Return the p95 from the due time at a rate, without the warm-up."""
    due = arrivals(rate, seconds)
    _, done = batched(due, size, wait)
    return p95((done - due)[due >= warmup])


def highest(size: int, wait: float, objective: float = 0.15) -> int:
    """Return the highest rate, in steps of 10 a second, up to which p95 holds the objective."""
    rate = 10
    while rate < 800 and tail(rate + 10, size, wait) <= objective:
        rate += 10
    return rate
