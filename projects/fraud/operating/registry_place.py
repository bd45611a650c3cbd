"""Find the registry of models that a command's options name."""

import os
from pathlib import Path

from autograder.errors import CourseError
from infra.settings import load_settings
from infra.tracking.configuration import TrackingConfig

_SQLITE = "sqlite:///"


def tracking_at(registry: str | None, experiment: str) -> TrackingConfig:
    """Return where MLflow is: at a URL, in a file (`sqlite:///FILE`), or else as settings say.

    Raise CourseError for a file that is not there.
    """
    if registry is None:
        mlflow = load_settings().mlflow
        for variable, value in mlflow.environment().items():
            os.environ.setdefault(variable, value)
        return TrackingConfig(mlflow.url, experiment)
    if not registry.startswith(_SQLITE):
        return TrackingConfig(registry, experiment)
    file = Path(registry.removeprefix(_SQLITE))
    if not file.exists():
        # MLflow would make an empty one there.
        raise CourseError(f"{file} is not there.", mend="Name the registry's file.")
    return TrackingConfig(registry, experiment, (file.parent / "mlartifacts").resolve().as_uri())
