"""Simulate a fleet of pods: an autoscaler over a day, a database that goes away."""

import math
from dataclasses import dataclass

import numpy as np

STEP = 15
# Requests by hour, as in a country that pays by day; the highest is 1.
HOURS = np.array(
    [2, 1, 1, 1, 1, 2, 4, 8, 12, 14, 15, 17, 19, 17, 15, 15, 17, 20, 23, 21, 16, 11, 7, 4]
)


@dataclass(frozen=True)
class Autoscaler:
    """Hold what a HorizontalPodAutoscaler is told; `request` in cores, `window` in seconds."""

    target: float = 60
    least: int = 3
    most: int = 14
    request: float = 0.5
    tolerance: float = 0.1
    window: int = 300


def used(peak: float = 4.0, seed: int = 0) -> np.ndarray:
    """Return the cores that a day of requests takes, every 15 seconds."""
    rng = np.random.default_rng(seed)
    hours = np.arange(0, 24, STEP / 3600)
    level = np.interp(hours, np.arange(25), np.append(HOURS, HOURS[0])) / HOURS.max()
    return peak * level * rng.uniform(0.7, 1.3, len(hours))


def pods(cores: np.ndarray, scaler: Autoscaler) -> np.ndarray:
    """Return the pods after each step: ceil(pods x utilisation / target), as Kubernetes says.

    Formula: kubernetes.io/docs, Horizontal Pod Autoscaling, "Algorithm details".
    """
    now, said, found = scaler.least, list[int](), []
    for cpu in cores:
        ratio = int(100 * cpu / (now * scaler.request)) / scaler.target
        near = abs(ratio - 1) <= scaler.tolerance
        said.append(now if near else math.ceil(now * ratio))
        highest = max(said[-max(1, scaler.window // STEP) :])
        now = said[-1] if said[-1] > now else min(now, highest)
        now = min(max(now, scaler.least), scaler.most)
        found.append(now)
    return np.array(found)


def changes(counts: np.ndarray) -> int:
    """Return how often the number of pods changed."""
    return int((np.diff(counts) != 0).sum())


def ready(
    liveness_asks_the_database: bool,
    fleet: int = 6,
    away: tuple[int, int] = (60, 120),
    start: int = 90,
    seconds: int = 300,
) -> np.ndarray:
    """Return how many pods are ready at each second while the database is away.

    Liveness is asked every 10 s and restarts after 3 failures; readiness every 5 s. A pod that
    starts loads its model for `start` seconds. The pods' clocks are spread over the 10 s.
    """
    found = np.zeros(seconds, dtype=int)
    for pod in range(fleet):
        phase, failures, up_at, is_ready = pod * 10 // fleet, 0, 0, True
        for second in range(seconds):
            gone = away[0] <= second < away[1]
            starting = second < up_at
            if (second - phase) % 5 == 0:
                is_ready = not gone and not starting
            if (second - phase) % 10 == 0 and not starting:
                failures = failures + 1 if gone and liveness_asks_the_database else 0
                if failures == 3:
                    up_at, failures, is_ready = second + start, 0, False
            found[second] += is_ready
    return found
