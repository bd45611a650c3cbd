"""A simulated scorer: one queue, some workers, micro-batches; no clock but its own.

A service is a dict:

* `fixed`, `row`: a batch of n takes fixed + row * n seconds, times a random factor;
* `spread`: how much that factor varies (0: not at all);
* `contention`: each further worker on the machine slows all of them down by so much;
* `cold_seconds`, `cold`: for so long after the start, everything takes `cold` times as long;
* `pause`: (begin, seconds) in which no batch begins, as while a broker elects a leader; or None;
* `patience`: what has waited longer than so many seconds is dropped unanswered;
* `seed`: of the random factors.
"""

from heapq import heapify, heapreplace
from typing import Any

import numpy as np


def make_service(seed: int) -> dict[str, Any]:
    """Return a service whose figures differ a little from seed to seed."""
    rng = np.random.default_rng(seed)
    return {
        "fixed": round(float(rng.uniform(0.0065, 0.0085)), 5),
        "row": round(float(rng.uniform(0.0009, 0.0013)), 5),
        "spread": 0.25,
        "contention": 0.12,
        "cold_seconds": 2.0,
        "cold": 4.0,
        "pause": None,
        "patience": 2.0,
        "seed": int(rng.integers(2**31)),
    }


def serve(due: Any, service: dict[str, Any], setting: dict[str, Any]) -> np.ndarray:
    """Return when each request is answered, nan for those that were dropped.

    `due` holds the arrivals in seconds, in order. The setting says how many `workers` there are,
    how many requests a `batch` holds at most, and how many seconds the first of a batch may `wait`
    for others. A worker that is free takes the oldest requests: as soon as a whole batch is there,
    or the oldest has waited for `wait`.
    """
    arrivals = np.asarray(due, dtype=float).tolist()
    workers, batch, wait = setting["workers"], setting["batch"], setting["wait"]
    count = len(arrivals)
    rng = np.random.default_rng(service["seed"])
    factors = np.exp(rng.normal(0.0, service["spread"], count)).tolist()
    slower = 1.0 + service["contention"] * (workers - 1)
    pause = service["pause"] or (float("inf"), 0.0)
    done = np.full(count, np.nan)
    free = [0.0] * workers
    heapify(free)
    first = 0
    while first < count:
        last = first + batch - 1
        full = arrivals[last] if last < count else float("inf")
        begin = max(free[0], arrivals[first], min(full, arrivals[first] + wait))
        if pause[0] <= begin < pause[0] + pause[1]:
            begin = pause[0] + pause[1]
        if begin - arrivals[first] > service["patience"]:
            first += 1
            continue
        end = first + 1
        while end < count and end - first < batch and arrivals[end] <= begin:
            end += 1
        seconds = (service["fixed"] + service["row"] * (end - first)) * factors[first] * slower
        if begin < service["cold_seconds"]:
            seconds *= service["cold"]
        done[first:end] = begin + seconds
        heapreplace(free, begin + seconds)
        first = end
    return done


def closed_loop(service: dict[str, Any], clients: int, seconds: float) -> dict[str, np.ndarray]:
    """Return the log of clients that each send a request when the last one was answered.

    It has `sent` and `done`. One worker and no batches; the clients never overtake one another.
    """
    rng = np.random.default_rng(service["seed"])
    pause = service["pause"] or (float("inf"), 0.0)
    ready, free = [0.0] * clients, 0.0
    sent, done = [], []
    while ready[0] < seconds:
        at = ready[0]
        begin = max(at, free)
        if pause[0] <= begin < pause[0] + pause[1]:
            begin = pause[0] + pause[1]
        factor = float(np.exp(rng.normal(0.0, service["spread"])))
        cold = service["cold"] if begin < service["cold_seconds"] else 1.0
        free = begin + (service["fixed"] + service["row"]) * factor * cold
        heapreplace(ready, free)
        sent.append(at)
        done.append(free)
    return {"sent": np.array(sent), "done": np.array(done)}


def measured(service: dict[str, Any], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return sizes of batches and the seconds that each took, some of them disturbed."""
    rng = np.random.default_rng(seed)
    sizes = np.repeat([1, 2, 4, 8, 16, 32], 25)
    rng.shuffle(sizes)
    seconds = (service["fixed"] + service["row"] * sizes) * rng.normal(1.0, 0.01, len(sizes))
    disturbed = rng.random(len(sizes)) < 0.06
    return sizes, np.where(disturbed, seconds * rng.uniform(5, 20, len(sizes)), seconds)
