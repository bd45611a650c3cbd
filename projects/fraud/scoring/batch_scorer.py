"""Score Parquet files of payments: read and written by DuckDB, with the stream's own features."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from projects.fraud import columns as c
from projects.fraud.features import FeatureConfig
from projects.fraud.scoring.deciding import columns_of
from projects.fraud.scoring.models import Model
from projects.fraud.scoring.payment_files import labels_among, read_labels, read_payments
from projects.fraud.windows.batch import batch_features

SCORE, ALERT, MODEL_VERSION = "SCORE", "ALERT", "MODEL_VERSION"


@dataclass(frozen=True)
class BatchConfig:
    """Configure how many rows the model is given at once, and by how many threads."""

    features: FeatureConfig = field(default_factory=FeatureConfig)
    rows: int = 50_000
    threads: int = 2

    @property
    def delay(self) -> timedelta:
        """Return how old a label is at least when it counts."""
        return timedelta(days=self.features.label_delay_days)


@dataclass(frozen=True)
class BatchScored:
    """Tell how many payments were scored, how many of them are alerts, and where time went."""

    payments: int
    alerts: int
    seconds: float
    seconds_of_features: float
    seconds_of_model: float


def score_parquet(
    source: Path,
    target: Path,
    model: Model,
    config: BatchConfig | None = None,
    *,
    labels: Path | None = None,
) -> BatchScored:
    """Write TRANSACTION_ID, SCORE, ALERT and MODEL_VERSION for each payment, in order of time.

    `source` is a Parquet file or a pattern for several, with the columns of
    `projects.fraud.columns`; all of a card's past must be among them. Risks of terminals count the
    labels that are known: those in TX_FRAUD where it is not empty, as known within the label delay,
    or those of the file `labels` alone (see `read_labels`). The target appears whole or not at all.
    Raise CourseError for files that cannot be read.
    """
    config, begun = config or BatchConfig(), time.perf_counter()
    with duckdb.connect() as session:
        payments = read_payments(session, source)
        known = (
            labels_among(payments) if labels is None else read_labels(session, labels, config.delay)
        )
        begun_features = time.perf_counter()
        features = batch_features(payments, config.features, labels=known)
        matrix = np.ascontiguousarray(
            features.to_numpy(np.float64)[:, columns_of(model, config.features.names)]
        )
        begun_model = time.perf_counter()
        scores = _scores(model, matrix, config)
        ended_model = time.perf_counter()
        scored = pd.DataFrame(
            {
                c.TRANSACTION_ID: payments[c.TRANSACTION_ID],
                SCORE: scores,
                ALERT: scores >= model.threshold,
            }
        ).assign(**{MODEL_VERSION: model.version})
        _write(session, scored, target)
    return BatchScored(
        payments=len(scored),
        alerts=int(scored[ALERT].sum()),
        seconds=time.perf_counter() - begun,
        seconds_of_features=begun_model - begun_features,
        seconds_of_model=ended_model - begun_model,
    )


def _scores(model: Model, matrix: np.ndarray, config: BatchConfig) -> np.ndarray:
    # The runtime lets go of the interpreter, and a row's score does not depend on its chunk.
    chunks: Sequence[np.ndarray] = [
        matrix[first : first + config.rows] for first in range(0, len(matrix), config.rows)
    ]
    with ThreadPoolExecutor(config.threads) as pool:
        return np.concatenate([np.empty(0), *pool.map(model.scores, chunks)])


def _write(session: duckdb.DuckDBPyConnection, scored: pd.DataFrame, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".draft-{target.name}")
    session.register("scored", scored)
    session.table("scored").write_parquet(str(draft))
    draft.replace(target)
