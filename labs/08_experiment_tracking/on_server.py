"""What the checks do on the MLflow server themselves: plant runs there, and read what is there."""

import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from mlflow.entities import Run as TrackedRun

from autograder.checks import Run
from infra.run_space.space import SPACE_VARIABLE, in_space
from infra.settings.exporting import settings_told


@dataclass(frozen=True)
class Ground:
    """Stand for one experiment that a single check has to itself, and names near it."""

    client: MlflowClient
    url: str
    name: str
    ids: dict[str, str] = field(default_factory=dict)

    def near(self, word: str) -> str:
        """Return another name, for an experiment or a model, that is this check's alone."""
        return f"{self.name}-{word}"

    def experiment_id(self, name: str = "") -> str:
        """Return the id of the experiment, which is made when it is missing."""
        wanted = name or self.name
        if wanted not in self.ids:
            found = self.client.get_experiment_by_name(wanted)
            self.ids[wanted] = (
                found.experiment_id if found else self.client.create_experiment(wanted)
            )
        return self.ids[wanted]

    def plant(
        self,
        *,
        tags: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        metrics: Mapping[str, float] | None = None,
        status: str = "FINISHED",
        started: int = 0,
        experiment: str = "",
    ) -> str:
        """Write a run down and return its id; `started` is in seconds after all others."""
        now = int(time.time() * 1000)
        made = self.client.create_run(
            self.experiment_id(experiment), start_time=now + 1000 * started, tags=dict(tags or {})
        )
        run_id = str(made.info.run_id)
        if metrics or params:
            self.client.log_batch(
                run_id,
                metrics=[Metric(key, value, now, 0) for key, value in (metrics or {}).items()],
                params=[Param(key, str(value)) for key, value in (params or {}).items()],
            )
        if status != "RUNNING":
            self.client.update_run(run_id, status)
        return run_id

    def runs(self) -> list[TrackedRun]:
        """Return the runs of the experiment, the first one first."""
        found = self.client.get_experiment_by_name(self.name)
        if found is None:
            return []
        order = ["attributes.start_time ASC"]
        return list(self.client.search_runs([found.experiment_id], order_by=order))

    def history(self, run_id: str, metric: str) -> list[tuple[int, float]]:
        """Return the steps and values of a metric, in order of steps."""
        points = self.client.get_metric_history(run_id, metric)
        return sorted((point.step, point.value) for point in points)

    def artefact(self, run_id: str, path: str) -> str | None:
        """Return the text of a run's artefact as the server hands it out, None without one."""
        asked = urllib.parse.urlencode({"run_id": run_id, "path": path})
        return self._read(f"get-artifact?{asked}")

    def age(self, run_id: str, metric: str) -> float:
        """Return how many hours the time of a metric's oldest point is from the present one."""
        points = self.client.get_metric_history(run_id, metric)
        away = [abs(time.time() - point.timestamp / 1000) / 3600 for point in points]
        return max(away, default=0.0)

    def register(self, word: str, run_id: str, times: int = 1) -> None:
        """Register next versions, said to come from the run, of the model `near(word)`."""
        name = self.near(word)
        if not self.client.search_registered_models(filter_string=f"name = '{name}'"):
            self.client.create_registered_model(name)
        where = self.client.get_run(run_id).info.artifact_uri
        for _ in range(times):
            self.client.create_model_version(name, f"{where}/model", run_id, await_creation_for=0)

    def aliases(self, model: str) -> dict[str, str]:
        """Return the aliases of a registered model and the versions they point at."""
        found = self.client.search_registered_models(filter_string=f"name = '{model}'")
        return dict(self.client.get_registered_model(model).aliases) if found else {}

    def model_file(self, model: str, version: int, name: str = "MLmodel") -> str | None:
        """Return the text of a file beside a registered version's model, None without one."""
        found = self.client.get_model_version(model, str(version))
        if found.source.startswith("models:/m-"):
            logged = self.client.get_logged_model(found.source.removeprefix("models:/"))
            where = logged.artifact_location
        else:
            where = self.client.get_model_version_download_uri(model, str(version))
        path = urllib.parse.quote(where.removeprefix("mlflow-artifacts:/").lstrip("/"))
        return self._read(f"api/2.0/mlflow-artifacts/artifacts/{path}/{name}")

    def _read(self, path: str) -> str | None:
        try:
            with urllib.request.urlopen(f"{self.url}/{path}", timeout=20) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError:
            return None

    def clear(self) -> None:
        """Delete what this check's names stand for."""
        named = f"name LIKE '{self.name}%'"
        for model in self.client.search_registered_models(filter_string=named):
            self.client.delete_registered_model(model.name)
        for experiment in self.client.search_experiments(filter_string=named):
            self.client.delete_experiment(experiment.experiment_id)


@contextmanager
def ground(run: Run) -> Iterator[Ground]:
    """Give a check an experiment of its own in the run's space; nothing of it stays."""
    url = settings_told(run.variables).mlflow.url
    word = f"check-{secrets.token_hex(4)}"
    space = run.variables.get(SPACE_VARIABLE)
    client = MlflowClient(tracking_uri=url, registry_uri=url)
    own = Ground(client, url, f"{space}.{word}" if space else in_space(word))
    try:
        yield own
    finally:
        own.clear()
