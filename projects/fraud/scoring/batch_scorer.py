"""Score Parquet files of payments: read and written by DuckDB, with the stream's own features."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from autograder.errors import CourseError
from projects.fraud import columns as c
from projects.fraud.features import FeatureConfig
from projects.fraud.scoring.deciding import columns_of
from projects.fraud.scoring.models import Model
from projects.fraud.windows.batch import batch_features

_NEEDED = (
    c.TRANSACTION_ID,
    c.TX_DATETIME,
    c.CUSTOMER_ID,
    c.TERMINAL_ID,
    c.TX_AMOUNT,
    c.TX_FRAUD,
)
SCORE, ALERT, MODEL_VERSION = "SCORE", "ALERT", "MODEL_VERSION"


@dataclass(frozen=True)
class BatchConfig:
    """Configure how many rows the model is given at once, and by how many threads."""

    features: FeatureConfig = field(default_factory=FeatureConfig)
    rows: int = 50_000
    threads: int = 2


@dataclass(frozen=True)
class BatchScored:
    """Tell how many payments were scored, how many of them are alerts, and where time went."""

    payments: int
    alerts: int
    seconds: float
    seconds_of_features: float
    seconds_of_model: float


def score_parquet(
    source: Path, target: Path, model: Model, config: BatchConfig | None = None
) -> BatchScored:
    """Write TRANSACTION_ID, SCORE, ALERT and MODEL_VERSION for each payment, in order of time.

    `source` is a Parquet file or a pattern for several, with the columns of
    `projects.fraud.columns`; all of a card's and a terminal's past must be among them, and labels
    count as known seven days after their payment. The target appears whole or not at all. Raise
    CourseError for files that cannot be read.
    """
    config, begun = config or BatchConfig(), time.perf_counter()
    with duckdb.connect() as session:
        payments = _read(session, source)
        begun_features = time.perf_counter()
        features = batch_features(payments, config.features)
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


def _read(session: duckdb.DuckDBPyConnection, source: Path) -> pd.DataFrame:
    names = ", ".join(_NEEDED)
    try:
        return session.execute(
            f"select {names} from read_parquet(?) order by {c.TX_DATETIME}, {c.TRANSACTION_ID}",
            [str(source)],
        ).df()
    except duckdb.Error as error:
        raise CourseError(
            f"{source} cannot be read as payments: {error}",
            mend=f"Give Parquet files with the columns {', '.join(_NEEDED)}.",
        ) from error


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
