"""Ask the registry what a version learned from, by which parameters, and what it was made for."""

from dataclasses import dataclass, fields

from autograder.errors import CourseError
from infra.tracking.client import mlflow_client
from infra.tracking.errors import told
from infra.tracking.registry import Registry
from infra.tracking.runs import Tracker
from projects.fraud.learning.boosting import BoostingConfig
from projects.fraud.learning.registering import (
    FIRST_DAY,
    LAST_DAY,
    PURPOSE_TAG,
    RegisteringConfig,
    version_name,
)


@dataclass(frozen=True)
class LearnedFrom:
    """Hold the first and the last day that a version learned from, and its trees' parameters."""

    first_day: int
    last_day: int
    boosting: BoostingConfig


def learned_from(config: RegisteringConfig, version: int) -> LearnedFrom:
    """Return what the run of a version keeps; raise CourseError where it does not keep that."""
    run_id = Registry(config.tracking).version(config.name, version).run_id
    kept = Tracker(config.tracking).read(run_id).parameters
    try:
        chosen = {one.name: type(one.default)(kept[one.name]) for one in fields(BoostingConfig)}
        return LearnedFrom(int(kept[FIRST_DAY]), int(kept[LAST_DAY]), BoostingConfig(**chosen))
    except (KeyError, ValueError) as error:
        raise CourseError(
            f"The run of {version_name(config.name, version)} does not say {error.args[0]!r}.",
            mend="Register the model with projects.fraud.learning.registering, which keeps it.",
        ) from error


def made_for(config: RegisteringConfig, purpose: str) -> int | None:
    """Return the first version that was registered for a purpose, None where there is none."""
    client = mlflow_client(config.tracking.uri)
    with told(f"to look for a model made for {purpose}"):
        experiment = client.get_experiment_by_name(config.tracking.experiment)
        if experiment is None:
            return None
        runs = client.search_runs([experiment.experiment_id], f"tags.`{PURPOSE_TAG}` = '{purpose}'")
        found = [
            int(version.version)
            for run in runs
            for version in client.search_model_versions(f"run_id = '{run.info.run_id}'")
            if version.name == config.name
        ]
    # A run whose process died before it was registered has no version, and does not count.
    return min(found, default=None)
