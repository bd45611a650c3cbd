"""Find the live model in the registry: the version that the champion's alias points at."""

from pathlib import Path

from autograder.errors import CourseError
from infra.tracking.configuration import TrackingConfig
from infra.tracking.registry import Registry
from projects.fraud.learning.registering import (
    NAME,
    RegisteringConfig,
    load_version,
    version_name,
)
from projects.fraud.scoring.models import Found


class RegisteredModels:
    """Ask the registry at `uri` which version of `name` is live."""

    def __init__(self, uri: str, name: str = NAME) -> None:
        tracking = TrackingConfig(uri=uri, experiment=name)
        # Nothing is registered here, so neither code nor lock is read.
        self._config = RegisteringConfig(tracking, code=Path(), lock=Path(), name=name)
        self._registry = Registry(tracking)

    def __call__(self) -> Found:
        """Raise CourseError where nothing is live."""
        config = self._config
        version = self._registry.live(config.name)
        if version is None:
            raise CourseError(
                f"No version of {config.name} is live.", mend="Promote one in the registry."
            )
        return version_name(config.name, version), lambda: load_version(config, version)
