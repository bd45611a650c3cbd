"""Log a training with its lineage and keep the model in MLflow's registry."""

import hashlib
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.base import BaseEstimator

from projects.fraud import columns as c

LINEAGE_COLUMNS = (
    c.TRANSACTION_ID,
    c.CUSTOMER_ID,
    c.TERMINAL_ID,
    c.TX_TIME_SECONDS,
    c.TX_AMOUNT,
    c.TX_FRAUD,
)
UNKNOWN_REVISION = "unknown"
# Reviewed: trees are stored as node arrays, safe to load from a registry that only we write to.
TRUSTED_TYPES = ("sklearn.tree._tree.Tree",)


@dataclass(frozen=True)
class RegistryConfig:
    """Configure where runs and models are kept; by default a SQLite file in `folder`."""

    folder: Path
    experiment: str = "fraud"
    model_name: str = "fraud-detector"

    @property
    def tracking_uri(self) -> str:
        return f"sqlite:///{self.folder / 'mlflow.db'}"

    @property
    def artifact_location(self) -> str:
        return (self.folder / "mlartifacts").resolve().as_uri()


@dataclass(frozen=True)
class RegisteredVersion:
    """Name a model version, and what it came from."""

    version: int
    run_id: str
    data_hash: str
    code_revision: str
    metrics: Mapping[str, float]


def data_hash(transactions: pd.DataFrame) -> str:
    """Return the SHA-256 of the transactions' lineage columns, whatever the order of the rows."""
    rows = transactions.sort_values(c.TRANSACTION_ID, kind="stable")[list(LINEAGE_COLUMNS)]
    text = rows.to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(text.encode()).hexdigest()


def code_revision(folder: Path) -> str:
    """Return the git revision that `folder` is at, "-dirty" if changed, or "unknown"."""
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return UNKNOWN_REVISION
    return found.stdout.strip() or UNKNOWN_REVISION


class ModelRegistry:
    """Register models with their lineage, and move the aliases that serving reads."""

    def __init__(self, config: RegistryConfig) -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        # MLflow takes seconds to import: pay for it only where models are registered.
        import mlflow

        self._config = config
        self._mlflow = mlflow
        config.folder.mkdir(parents=True, exist_ok=True)
        mlflow.set_tracking_uri(config.tracking_uri)
        self._client = mlflow.MlflowClient(tracking_uri=config.tracking_uri)

    def register(
        self,
        model: BaseEstimator,
        train: pd.DataFrame,
        *,
        params: Mapping[str, Any],
        metrics: Mapping[str, float],
        revision: str,
    ) -> RegisteredVersion:
        """Log a run with parameters, metrics, data hash and revision, and register its model."""
        import sklearn

        lineage = {"data_hash": data_hash(train), "code_revision": revision}
        with self._mlflow.start_run(experiment_id=self._experiment_id()):
            self._mlflow.log_params(dict(params))
            self._mlflow.log_metrics(dict(metrics))
            self._mlflow.set_tags({**lineage, "train_rows": str(len(train))})
            info = self._mlflow.sklearn.log_model(
                model,
                name="model",
                registered_model_name=self._config.model_name,
                # Given by hand: working them out runs the model in a fresh process.
                pip_requirements=[f"scikit-learn=={sklearn.__version__}"],
                skops_trusted_types=list(TRUSTED_TYPES),
            )
        return self.describe(int(info.registered_model_version))

    def promote(self, version: int, alias: str = "champion") -> None:
        """Point `alias` at `version`; whatever it pointed at stays registered."""
        self._client.set_registered_model_alias(self._config.model_name, alias, str(version))

    def describe(self, version: int) -> RegisteredVersion:
        """Return a version's lineage as the store has it."""
        found = self._client.get_model_version(self._config.model_name, str(version))
        run = self._client.get_run(found.run_id)
        return RegisteredVersion(
            version=int(found.version),
            run_id=run.info.run_id,
            data_hash=run.data.tags["data_hash"],
            code_revision=run.data.tags["code_revision"],
            metrics=dict(run.data.metrics),
        )

    def at(self, alias: str = "champion") -> RegisteredVersion:
        """Return the version that `alias` points at, with its lineage."""
        found = self._client.get_model_version_by_alias(self._config.model_name, alias)
        return self.describe(int(found.version))

    def load(self, alias: str = "champion") -> BaseEstimator:
        """Return the model that `alias` points at."""
        return self._mlflow.sklearn.load_model(f"models:/{self._config.model_name}@{alias}")

    def _experiment_id(self) -> str:
        known = self._client.get_experiment_by_name(self._config.experiment)
        if known is not None:
            return str(known.experiment_id)
        return str(
            self._client.create_experiment(
                self._config.experiment, artifact_location=self._config.artifact_location
            )
        )
