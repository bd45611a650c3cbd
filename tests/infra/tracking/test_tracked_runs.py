"""Runs are logged to a real store with their lineage, and found by it."""

import dataclasses

import mlflow
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from autograder.errors import CourseError
from infra.tracking.configuration import TrackingConfig
from infra.tracking.current_store import current_store
from infra.tracking.lineage import Lineage
from infra.tracking.registry import Registry
from infra.tracking.runs import Tracker


def test_a_run_reads_back_with_lineage_parameters_and_metrics(
    tracker: Tracker, lineage: Lineage
) -> None:
    parameters = {f"parameter-{number}": number for number in range(150)}
    with tracker.run("first", lineage, parameters) as run_id:
        mlflow.log_metric("accuracy", 0.5)
        mlflow.log_metric("accuracy", 0.75, step=1)
    read = tracker.read(run_id)
    assert (read.name, read.status, read.lineage) == ("first", "FINISHED", lineage)
    assert read.parameters == {name: str(value) for name, value in parameters.items()}
    assert read.metrics == {"accuracy": 0.75}


def test_a_run_that_breaks_is_marked_and_leaves_mlflow_as_it_was(
    tracker: Tracker, lineage: Lineage
) -> None:
    assert not mlflow.is_tracking_uri_set()
    with pytest.raises(ZeroDivisionError), tracker.run("broken", lineage) as run_id:
        _ = 1 / 0
    assert tracker.read(run_id).status == "FAILED"
    assert not mlflow.is_tracking_uri_set()
    assert mlflow.active_run() is None


def test_runs_are_found_by_the_data_they_learned_from(tracker: Tracker, lineage: Lineage) -> None:
    mine = dataclasses.replace(lineage, data_hash="of-this-test-alone")
    made = []
    for name in ("older", "newer"):
        with tracker.run(name, mine) as run_id:
            made.append(run_id)
    assert [run.run_id for run in tracker.learned_from("of-this-test-alone")] == made[::-1]
    assert tracker.learned_from("of-no-test") == []


def test_what_mlflow_refuses_is_told(tracker: Tracker, registry: Registry) -> None:
    with pytest.raises(CourseError, match="to read run 0123"):
        tracker.read("0123")
    with pytest.raises(CourseError, match="nothing-of-this-name"):
        registry.live("nothing-of-this-name")


def test_a_run_without_lineage_is_not_registered(
    config: TrackingConfig, registry: Registry
) -> None:
    client = mlflow.MlflowClient(tracking_uri=config.uri)
    bare = client.create_run("0").info.run_id
    with pytest.raises(CourseError, match="code_revision"):
        registry.register("of-a-bare-run", bare, "file:///nowhere")


def test_a_model_that_was_logged_is_loaded_through_the_alias(
    tracker: Tracker,
    registry: Registry,
    config: TrackingConfig,
    lineage: Lineage,
) -> None:
    features, labels = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 1])
    model = LogisticRegression().fit(features, labels)
    with tracker.run("model", lineage) as run_id:
        logged = mlflow.sklearn.log_model(model, name="model", pip_requirements=["scikit-learn"])
    made = registry.register("classifier", run_id, logged.model_uri)
    assert (made.version, made.run_id, made.lineage) == (1, run_id, lineage)
    registry.promote("classifier", 1, who="ada", why="the first")
    with current_store(config):
        for uri in ("models:/classifier@champion", made.uri):
            loaded = mlflow.sklearn.load_model(uri)
            assert loaded.predict(features).tolist() == model.predict(features).tolist()
