"""Make one store MLflow's current one for a while, for what asks for it in no other way."""

from collections.abc import Iterator
from contextlib import contextmanager

import mlflow

from infra.tracking.configuration import TrackingConfig


@contextmanager
def current_store(config: TrackingConfig) -> Iterator[None]:
    """Let MLflow's process-wide store be `config`'s inside the block, and what it was after it."""
    is_set = mlflow.is_tracking_uri_set()  # type: ignore[no-untyped-call]
    before = mlflow.get_tracking_uri() if is_set else None
    mlflow.set_tracking_uri(config.uri)
    try:
        yield
    finally:
        # MLflow's own word for "none was set", which its type does not know.
        mlflow.set_tracking_uri(before)  # type: ignore[arg-type]
