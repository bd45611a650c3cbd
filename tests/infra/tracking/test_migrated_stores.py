"""Stores that begin as a copy of a migrated one."""

import re
import sqlite3
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow.store.db import utils
from mlflow.store.model_registry import sqlalchemy_store as registry_store

from infra.tracking.migrated_stores import remember_migrations


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Let stores begin as copies during one test; give the engines migrated all the same."""
    migrated = []
    migrate = utils._initialize_tables

    def counting(engine: Any) -> None:
        migrated.append(engine)
        migrate(engine)

    monkeypatch.setattr(utils, "_initialize_tables", counting)
    monkeypatch.setattr(registry_store, "_initialize_tables", counting)
    monkeypatch.setattr(utils, "_get_latest_schema_revision", utils._get_latest_schema_revision)
    assert remember_migrations()
    migrated.clear()
    return migrated


def new_store(path: Path) -> dict[str, Any]:
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{path}")
    experiment = client.create_experiment("one")
    run = client.create_run(experiment)
    client.log_param(run.info.run_id, "rows", 3)
    client.create_registered_model("model")
    with sqlite3.connect(path) as connection:
        found = connection.execute("select name, sql from sqlite_master where sql > ''").fetchall()
        revision = connection.execute("select * from alembic_version").fetchall()
    # MLflow writes some lists of allowed words in an order that chance chooses.
    tables = {name: sorted(re.findall(r"\w+", sql)) for name, sql in found}
    return {**tables, "revision": revision}


def test_a_copy_is_what_migrating_makes(
    tmp_path: Path, remembered: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    copied = new_store(tmp_path / "copied.db")
    assert not remembered
    monkeypatch.undo()
    assert copied == new_store(tmp_path / "migrated.db")
    assert len(copied) > 40


def test_what_is_in_a_database_stays(tmp_path: Path, remembered: list[Any]) -> None:
    path = tmp_path / "shared.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table of_another_program (note text)")
        connection.execute("insert into of_another_program values ('keep me')")
    assert "of_another_program" in new_store(path)
    assert len(remembered) == 1
    with sqlite3.connect(path) as connection:
        assert connection.execute("select * from of_another_program").fetchall() == [("keep me",)]


def test_another_mlflow_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(utils, "_is_empty_database")
    before = utils._initialize_tables
    assert not remember_migrations()
    assert utils._initialize_tables is before
