"""One real MLflow store for all tests here: making one takes a second."""

import itertools
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.tracking.configuration import TrackingConfig
from infra.tracking.lineage import Lineage
from infra.tracking.registry import Registry
from infra.tracking.runs import Tracker


@pytest.fixture(scope="session")
def lineage() -> Lineage:
    return Lineage("0" * 40, "data-of-training", "lock", ("numpy 1.0, not ==2.0",))


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> TrackingConfig:
    folder: Path = tmp_path_factory.mktemp("mlflow")
    return TrackingConfig(
        uri=f"sqlite:///{folder / 'mlflow.db'}",
        experiment="tracking",
        artifact_location=(folder / "artifacts").as_uri(),
    )


@pytest.fixture(scope="session")
def tracker(config: TrackingConfig) -> Tracker:
    return Tracker(config)


@pytest.fixture(scope="session")
def registry(config: TrackingConfig) -> Registry:
    return Registry(config)


@pytest.fixture(scope="session")
def run_id(tracker: Tracker, lineage: Lineage) -> str:
    with tracker.run("shared", lineage) as run:
        return run


@pytest.fixture
def versions_of(registry: Registry, run_id: str, tmp_path: Path) -> Callable[[int], str]:
    """Make a model of one's own with so many versions, and return its name."""
    numbers = itertools.count()

    def make(count: int) -> str:
        name = f"model-{uuid.uuid4().hex[:8]}-{next(numbers)}"
        for _ in range(count):
            registry.register(name, run_id, tmp_path.as_uri())
        return name

    return make
