"""Simulate a scorer under load: arrivals on a schedule, one queue, micro-batches."""

from dataclasses import dataclass, replace
from heapq import heapreplace

import numpy as np


@dataclass(frozen=True)
class Machine:
    """Hold what a scorer takes, in seconds, and how it is set.

    A batch of n takes `call` + n * (`row` + `features`), times a factor whose logarithm has the
    standard deviation `spread`. A free worker takes what waits, at most `batch`; the oldest waits
    up to `wait` for company. In `pause` = (begin, length) no batch begins.
    """

    call: float = 0.00083
    row: float = 0.00008
    features: float = 0.00071
    spread: float = 0.3
    workers: int = 1
    batch: int = 1
    wait: float = 0.0
    pause: tuple[float, float] = (np.inf, 0.0)

    def seconds(self, size: int) -> float:
        """Return what a batch takes on the average run."""
        return self.call + size * (self.row + self.features)

    def but(self, **changes: object) -> "Machine":
        """Return the machine with some of it changed."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def after_pause(self, at: float) -> float:
        """Return when what is ready at `at` can begin."""
        begin, length = self.pause
        return begin + length if begin <= at < begin + length else at


def open_loop(machine: Machine, due: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return when the requests that are due at these seconds, in order, are answered."""
    arrivals, count, done = due.tolist(), len(due), np.empty(len(due))
    rng = np.random.default_rng(seed)
    factors = np.exp(rng.normal(0, machine.spread, count)).tolist()
    free, first = [0.0] * machine.workers, 0
    while first < count:
        last = min(first + machine.batch, count) - 1
        together = min(arrivals[last], arrivals[first] + machine.wait)
        begin = machine.after_pause(max(free[0], arrivals[first], together))
        end = first + 1
        while end <= last and arrivals[end] <= begin:
            end += 1
        answered = begin + machine.seconds(end - first) * factors[first]
        heapreplace(free, answered)
        done[first:end] = answered
        first = end
    return done


def closed_loop(machine: Machine, seconds: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return when one client, who waits for each answer, sent and when it was answered."""
    rng = np.random.default_rng(seed)
    sent, done, now = [], [], 0.0
    while now < seconds:
        sent.append(now)
        begin = machine.after_pause(now)
        now = begin + machine.seconds(1) * float(np.exp(rng.normal(0, machine.spread)))
        done.append(now)
    return np.array(sent), np.array(done)


def scheduled(rate: float, seconds: float) -> np.ndarray:
    """Return evenly spaced arrivals, `rate` a second."""
    return np.arange(int(rate * seconds)) / rate


def tail(machine: Machine, rate: float, share: float = 95, seconds: float = 9) -> float:
    """Return the percentile of latency in seconds at a rate, without the first third."""
    due = scheduled(rate, seconds)
    latency = open_loop(machine, due) - due
    return float(np.percentile(latency[due >= seconds / 3], share))


def highest(machine: Machine, objective: float, step: int = 25) -> int:
    """Return the highest rate, a multiple of `step`, at which p95 keeps to `objective`."""
    low, high = 0, 1
    while tail(machine, high * step) <= objective:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if tail(machine, middle * step) <= objective else (low, middle)
    return low * step
