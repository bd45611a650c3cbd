"""What a run tracked with MLflow, as plain records."""

from collections.abc import Mapping
from dataclasses import dataclass

from autograder.checks.record import mismatch
from autograder.checks.wording import listed, show


@dataclass(frozen=True)
class MlflowRun:
    """Hold one tracked run; times are milliseconds since 1970, or None while it has not ended.

    `metrics` holds the last value of each metric, `history` all of them as (step, value).
    """

    id: str
    name: str
    experiment: str
    status: str
    started: int | None
    ended: int | None
    artifact_uri: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    history: Mapping[str, tuple[tuple[int, float], ...]]
    tags: Mapping[str, str]


@dataclass(frozen=True)
class ModelVersion:
    """Hold one version of a registered model."""

    model: str
    version: int
    run_id: str
    status: str
    source: str
    description: str
    tags: Mapping[str, str]


@dataclass(frozen=True)
class RegisteredModel:
    """Hold a registered model with its versions, rising, and its aliases."""

    name: str
    description: str
    versions: tuple[ModelVersion, ...]
    aliases: Mapping[str, int]
    tags: Mapping[str, str]

    def version(self, which: int | str) -> ModelVersion:
        """Return a version by number or alias; where there is none the running check fails."""
        number = self.aliases.get(which) if isinstance(which, str) else which
        for version in self.versions:
            if version.version == number:
                return version
        word, have = ("alias", list(self.aliases)) if isinstance(which, str) else (
            "version", [version.version for version in self.versions])  # fmt: skip
        raise mismatch(
            f"the model {show(self.name)} has no {word} {show(which)}; it has {listed(have)}"
        )


@dataclass(frozen=True)
class MlflowStore:
    """Hold what was tracked and not deleted: experiments, runs from oldest to newest, models."""

    experiments: tuple[str, ...]
    runs: tuple[MlflowRun, ...]
    models: tuple[RegisteredModel, ...]

    def runs_of(self, experiment: str) -> tuple[MlflowRun, ...]:
        """Return the runs of an experiment; where there is no such one the running check fails."""
        if experiment not in self.experiments:
            raise mismatch(
                f"MLflow has no experiment {show(experiment)}; it has {listed(self.experiments)}"
            )
        return tuple(run for run in self.runs if run.experiment == experiment)

    def run(self, id_or_name: str) -> MlflowRun:
        """Return the one run of this id or name; where there is none the running check fails."""
        found = [run for run in self.runs if id_or_name in (run.id, run.name)]
        if len(found) == 1:
            return found[0]
        if found:
            raise mismatch(
                f"MLflow has {len(found)} runs named {show(id_or_name)}, where one is due"
            )
        names = listed(run.name for run in self.runs)
        raise mismatch(f"MLflow has no run {show(id_or_name)}; it has {names}")

    def model(self, name: str) -> RegisteredModel:
        """Return a registered model; where there is none the running check fails."""
        for model in self.models:
            if model.name == name:
                return model
        names = listed(model.name for model in self.models)
        raise mismatch(f"MLflow has no registered model {show(name)}; it has {names}")
