"""What a real MLflow store holds is read without MLflow."""

import math
import sqlite3
from pathlib import Path

import pytest

from autograder.checks import Run
from autograder.checks.files import Files
from autograder.checks.mlflow_records import MlflowStore
from autograder.checks.mlflow_store import read_mlflow
from autograder.checks.record import Mismatch


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from mlflow import MlflowClient

    folder = tmp_path_factory.mktemp("run")
    client = MlflowClient(tracking_uri=f"sqlite:///{folder / 'mlflow.db'}")
    churn = client.create_experiment("churn", artifact_location="file:artifacts")
    gone = client.create_experiment("gone", artifact_location="file:artifacts")
    client.delete_experiment(gone)
    first = client.create_run(churn, run_name="first", tags={"why": "baseline"}).info.run_id
    client.log_param(first, "alpha", 0.1)
    for step, value in ((0, 0.5), (2, 0.75), (1, 0.6)):
        client.log_metric(first, "auc", value, step=step)
    client.log_metric(first, "loss", math.nan)
    client.log_metric(first, "worst", math.inf)
    client.set_terminated(first)
    client.create_run(churn, run_name="second")
    client.delete_run(client.create_run(churn, run_name="third").info.run_id)
    client.create_registered_model("model", tags={"owner": "team"}, description="a model")
    for number in ("1", "2"):
        client.create_model_version("model", "runs:/x", first)
        client.set_model_version_tag("model", number, "gate", f"passed {number}")
    client.set_registered_model_alias("model", "champion", "2")
    return folder


@pytest.fixture(scope="module")
def store(folder: Path) -> MlflowStore:
    return Run(lambda *_, **__: (None, None), {}, folder=folder).mlflow


def test_experiments_and_runs_that_were_not_deleted(store: MlflowStore) -> None:
    assert store.experiments == ("Default", "churn")
    assert [run.name for run in store.runs_of("churn")] == ["first", "second"]
    assert store.runs_of("Default") == ()


def test_all_of_a_run(store: MlflowStore) -> None:
    run = store.run("first")
    assert store.run(run.id) is run
    assert (run.status, run.experiment, run.params) == ("FINISHED", "churn", {"alpha": "0.1"})
    assert run.tags["why"] == "baseline"
    assert run.metrics["auc"] == 0.75
    assert run.history["auc"] == ((0, 0.5), (1, 0.6), (2, 0.75))
    assert math.isnan(run.metrics["loss"])
    assert run.metrics["worst"] == math.inf
    assert run.artifact_uri.endswith("/artifacts")
    assert run.started is not None
    assert run.ended is not None
    assert run.ended >= run.started
    assert store.run("second").ended is None


def test_models_versions_and_aliases(store: MlflowStore) -> None:
    model = store.model("model")
    assert (model.description, model.tags, model.aliases) == (
        "a model",
        {"owner": "team"},
        {"champion": 2},
    )
    assert [version.version for version in model.versions] == [1, 2]
    assert model.version("champion") is model.version(2)
    assert model.version(1).tags == {"gate": "passed 1"}
    assert model.version(1).run_id == store.run("first").id


def test_what_is_not_there_is_told(store: MlflowStore) -> None:
    with pytest.raises(Mismatch, match="no experiment 'x'; it has 'Default' and 'churn'"):
        store.runs_of("x")
    with pytest.raises(Mismatch, match="no run 'third'; it has 'first' and 'second'"):
        store.run("third")
    with pytest.raises(Mismatch, match="no registered model 'x'; it has 'model'"):
        store.model("x")
    with pytest.raises(Mismatch, match="has no alias 'x'; it has 'champion'"):
        store.model("model").version("x")
    with pytest.raises(Mismatch, match="has no version 3; it has 1 and 2"):
        store.model("model").version(3)


def test_no_store_is_told(tmp_path: Path) -> None:
    with pytest.raises(Mismatch, match=r"mlflow\.db: there is no such file"):
        read_mlflow(Files(tmp_path))


def test_reading_changes_nothing(folder: Path) -> None:
    before = (folder / "mlflow.db").read_bytes()
    read_mlflow(Files(folder))
    assert (folder / "mlflow.db").read_bytes() == before
    assert [path.name for path in folder.glob("mlflow*")] == ["mlflow.db"]


def test_a_store_with_odd_values_is_still_read(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "mlflow.db"
    copy.write_bytes((folder / "mlflow.db").read_bytes())
    connection = sqlite3.connect(copy)
    connection.execute("UPDATE params SET value = x'ff00'")
    connection.execute("UPDATE runs SET start_time = 'soon', name = NULL WHERE name = 'first'")
    connection.execute("UPDATE latest_metrics SET value = 'much' WHERE key = 'auc'")
    connection.commit()
    connection.close()
    run = next(run for run in read_mlflow(Files(tmp_path)).runs if run.params)
    assert (run.name, run.started, run.params["alpha"]) == ("", 0, "b'\\xff\\x00'")
    assert math.isnan(run.metrics["auc"])


def test_a_store_with_a_column_missing_is_told(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "mlflow.db")
    connection.execute("CREATE TABLE experiments (experiment_id INTEGER)")
    connection.commit()
    connection.close()
    with pytest.raises(Mismatch, match="experiments lacks 'name' and 'lifecycle_stage'"):
        read_mlflow(Files(tmp_path))
