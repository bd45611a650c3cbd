"""Log runs with their lineage, and find them by it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import mlflow
from mlflow.entities import Run
from mlflow.exceptions import MlflowException

from infra.tracking.client import mlflow_client
from infra.tracking.configuration import TrackingConfig
from infra.tracking.current_store import current_store
from infra.tracking.errors import told
from infra.tracking.lineage import Lineage, data_hash_filter


@dataclass(frozen=True)
class RunRecord:
    """Tell a run as the store has it; parameters are text there, metrics the last logged."""

    run_id: str
    name: str
    status: str
    lineage: Lineage
    parameters: Mapping[str, str]
    metrics: Mapping[str, float]

    @classmethod
    def of(cls, run: Run) -> Self:
        """Read MLflow's run; raise CourseError where it has no lineage."""
        return cls(
            run_id=run.info.run_id,
            name=run.info.run_name,
            status=run.info.status,
            lineage=Lineage.from_tags(run.data.tags, of=f"Run {run.info.run_id}"),
            parameters=dict(run.data.params),
            metrics=dict(run.data.metrics),
        )


class Tracker:
    """Log runs under one experiment, which is created when first asked for."""

    def __init__(self, config: TrackingConfig) -> None:
        self._config = config
        self._client = mlflow_client(config.uri)

    @contextmanager
    def run(
        self, name: str, lineage: Lineage, parameters: Mapping[str, Any] | None = None
    ) -> Iterator[str]:
        """Give the id of a run that `mlflow.log_metric`, `mlflow.sklearn.log_model` … log to.

        The run is FINISHED at the end, FAILED if an exception leaves the block. MLflow's idea of
        the current server is this tracker's inside the block, and what it was after it.
        """
        with (
            current_store(self._config),
            mlflow.start_run(experiment_id=self._experiment_id(), run_name=name) as run,
        ):
            mlflow.set_tags(lineage.tags())
            mlflow.log_params(dict(parameters or {}))
            yield str(run.info.run_id)

    def read(self, run_id: str) -> RunRecord:
        """Return a run; raise CourseError where there is none or it has no lineage."""
        with told(f"to read run {run_id}"):
            return RunRecord.of(self._client.get_run(run_id))

    def learned_from(self, data_hash: str) -> list[RunRecord]:
        """Return the runs of this experiment that learned from data of this hash, newest first."""
        with told("to search runs"):
            found = self._client.search_runs(
                [self._experiment_id()],
                filter_string=data_hash_filter(data_hash),
                order_by=["attributes.start_time DESC"],
            )
        return [RunRecord.of(run) for run in found]

    def _experiment_id(self) -> str:
        config = self._config
        with told(f"to open experiment {config.experiment}"):
            known = self._client.get_experiment_by_name(config.experiment)
            if known is not None:
                return str(known.experiment_id)
            try:
                made = self._client.create_experiment(
                    config.experiment, artifact_location=config.artifact_location
                )
            except MlflowException:
                # Two that begin at once both find none; the second may use the first's.
                known = self._client.get_experiment_by_name(config.experiment)
                if known is None:
                    raise
                made = known.experiment_id
        return str(made)
