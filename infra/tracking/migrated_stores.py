"""Begin MLflow's SQLite stores with a copy of one that was migrated before.

MLflow builds the tables of a new store by going through every migration of its history, which takes
a second of CPU. The outcome is the same each time, so a process that is forked again and again may
do it once before.
"""

import functools
import sqlite3
from collections.abc import Callable
from typing import Any

import sqlalchemy
from mlflow.store.db import utils
from mlflow.store.model_registry import sqlalchemy_store as registry_store

_PARTS = ("_initialize_tables", "_is_empty_database", "_get_latest_schema_revision")
# What MLflow says on the way, in its words: a notebook's output is the same with a copy.
_SAID = ("Creating initial MLflow database tables...", "Updating database tables")


def remember_migrations() -> bool:
    """Migrate one store now and let later ones of this process and its forks begin as copies.

    Return False, with nothing changed, where MLflow is not built as this expects.
    """
    if not all(hasattr(utils, name) for name in _PARTS):
        return False
    migrate: Callable[[Any], None] = utils._initialize_tables
    migrated = _migrated(migrate)
    is_empty: Callable[[Any], bool] = utils._is_empty_database

    def initialize(engine: Any) -> None:
        if engine.dialect.name == "sqlite" and is_empty(engine):
            for line in _SAID:
                utils._logger.info(line)
            _copy(migrated, engine)
        else:
            migrate(engine)

    for module in (utils, registry_store):
        vars(module)["_initialize_tables"] = initialize
    # It reads every migration anew to find the last one.
    utils._get_latest_schema_revision = functools.cache(utils._get_latest_schema_revision)
    utils._get_latest_schema_revision()
    return True


def _migrated(migrate: Callable[[Any], None]) -> bytes:
    # In memory: a process that others are forked from may have no folder to write to.
    engine = sqlalchemy.create_engine("sqlite://", poolclass=sqlalchemy.pool.StaticPool)
    try:
        migrate(engine)
        store: sqlite3.Connection = engine.raw_connection().driver_connection  # type: ignore[assignment]
        return store.serialize()
    finally:
        engine.dispose()


def _copy(migrated: bytes, engine: Any) -> None:
    source = sqlite3.connect(":memory:")
    target = engine.raw_connection()
    try:
        source.deserialize(migrated)
        source.backup(target.driver_connection)
    finally:
        target.close()
        source.close()
