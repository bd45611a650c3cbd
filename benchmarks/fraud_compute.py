"""Measure what needs no server: the model alone, the features online, and batch scoring."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.fraud_stage import story, trained
from projects.fraud.scoring.batch_scorer import BatchScored, score_parquet
from projects.fraud.simulation import SimulationConfig, simulate
from projects.fraud.windows.online import OnlineWindows

_ROUNDS = 5
_ROWS = 400


@dataclass(frozen=True)
class ModelAlone:
    """Hold microseconds for a row: the library's row by row, ours row by row and in batches."""

    sklearn_row: float
    ours_row: float
    ours_of_16: float
    ours_of_200: float
    parity: float


def model_alone() -> ModelAlone:
    """Compare the ONNX model with scikit-learn's `predict_proba` on the same trees and rows."""
    world = simulate(SimulationConfig(days=20), 0)
    model, classifier, rest = trained(world, "bench-1")
    rows = rest[:_ROWS]

    def theirs() -> np.ndarray:
        return np.array([classifier.predict_proba(row[None])[0, 1] for row in rows])  # type: ignore[attr-defined]

    def ours(size: int) -> Callable[[], np.ndarray]:
        return lambda: np.concatenate(
            [model.scores(rows[first : first + size]) for first in range(0, len(rows), size)]
        )

    # The classifier's own probabilities lie before calibration; the margins are what must agree.
    probabilities = 1 / (1 + np.exp(-model.margins(rows)))
    parity = float(np.abs(probabilities - theirs()).max())
    figures = [_micros(run) for run in (theirs, ours(1), ours(16), ours(200))]
    return ModelAlone(*figures, parity)


def features_online(days: int = 10) -> float:
    """Return the microseconds that one payment's features take, its label included."""
    _, told = story(days, 0)
    windows, known, rows = OnlineWindows(), 0, 0
    begun = time.perf_counter()
    for payment in told.past:
        while known < len(told.labels) and told.labels[known].known_at <= payment.at:
            windows.add_label(told.labels[known])
            known += 1
        windows.add_payment(payment)
        rows += len(windows.row(payment)) > 0
    return (time.perf_counter() - begun) / rows * 1e6


def batch(folder: Path) -> tuple[BatchScored, float]:
    """Score half a year of the default world, from Parquet to Parquet; also return CPU seconds."""
    world = simulate(SimulationConfig(), 0)
    model, _, _ = trained(world, "bench-1")
    source = folder / "payments.parquet"
    world.to_parquet(source, index=False)
    del world
    begun = time.process_time()
    scored = score_parquet(source, folder / "scores.parquet", model)
    return scored, time.process_time() - begun


def _micros(run: Callable[[], np.ndarray]) -> float:
    taken = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        run()
        taken.append((time.perf_counter() - begun) / _ROWS * 1e6)
    return median(taken)
