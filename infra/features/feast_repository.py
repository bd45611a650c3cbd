"""Make a Feast repository of the same definitions: Parquet offline, SQLite or Redis online."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from infra.extras import needing
from infra.features.batch import require_columns
from infra.features.definition import FeatureSet
from infra.features.errors import FeatureError
from infra.settings import Redis
from infra.settings.endpoint import revealed

with needing("stack"):
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, ValueType
    from feast.repo_config import RepoConfig
    from feast.types import Float64, Int64, String

_KEY_VERSION = 3
# What Feast calls the time of the rows it joins to.
_FEASTS_TIME = "event_timestamp"
_ROW = "__row"


@dataclass(frozen=True)
class FeastConfig:
    """Configure a Feast project: its folder of state, its folder of backfilled rows, its store.

    `entity` is the type of the entity's key. A feature older than `ttl` is not served. Without
    `redis` the online store is SQLite in `folder`.
    """

    project: str
    folder: Path
    rows: Path
    ttl: timedelta
    entity: Literal["whole", "text"] = "whole"
    redis: Redis | None = None


def feast_objects(features: FeatureSet, config: FeastConfig) -> tuple[Entity, FeatureView]:
    """Return Feast's entity and feature view for the definition."""
    is_text = config.entity == "text"
    entity = Entity(
        name=features.entity,
        join_keys=[features.entity],
        value_type=ValueType.STRING if is_text else ValueType.INT64,
    )
    source = FileSource(
        name=f"{features.name}_rows",
        path=str(config.rows.absolute()),
        timestamp_field=features.time,
    )
    schema = [Field(name=features.entity, dtype=String if is_text else Int64)]
    schema += [
        Field(name=aggregate.name, dtype=Int64 if aggregate.is_whole else Float64)
        for aggregate in features.aggregates
    ]
    view = FeatureView(
        name=features.name,
        entities=[entity],
        ttl=config.ttl,
        schema=schema,
        source=source,
        tags={"definition": features.fingerprint[:12]},
    )
    return entity, view


def open_feature_store(config: FeastConfig) -> FeatureStore:
    """Return the Feast store; its registry and a SQLite online store lie in the config's folder."""
    config.folder.mkdir(parents=True, exist_ok=True)
    if config.redis is None:
        online = {"type": "sqlite", "path": str(config.folder.absolute() / "online.db")}
    else:
        online = {"type": "redis", "connection_string": redis_connection(config.redis)}
    return FeatureStore(config=RepoConfig(**plain_repository(config, online)))


def apply_features(features: FeatureSet, config: FeastConfig) -> FeatureStore:
    """Register the definition in Feast, or what changed of it, and return the store."""
    store = open_feature_store(config)
    store.apply(list(feast_objects(features, config)))
    return store


def feature_references(features: FeatureSet) -> list[str]:
    """Return the names under which Feast serves the features."""
    return [f"{features.name}:{name}" for name in features.names]


def historical_features(
    store: FeatureStore, features: FeatureSet, rows: pd.DataFrame
) -> pd.DataFrame:
    """Return the features of each row as Feast joins them at its time, on its index.

    `rows` has the columns of entity and time. Feast's join of files drops a row whose entity has
    features but none between the row's time and `ttl` before it; here such a row stays, with its
    features missing.
    """
    asked = rows[[features.entity, features.time]].rename(columns={features.time: _FEASTS_TIME})
    asked[_ROW] = range(len(rows))
    found = store.get_historical_features(
        entity_df=asked.reset_index(drop=True), features=feature_references(features)
    ).to_df()
    answer = found.set_index(_ROW)[list(features.names)].reindex(range(len(rows)))
    return answer.set_index(rows.index)


def write_online(store: FeatureStore, features: FeatureSet, rows: pd.DataFrame) -> None:
    """Write features that a stream computed to the online store, past the backfill.

    `rows` has the columns of entity, time and features. A store keeps the latest of each entity.
    """
    named = [features.entity, features.time, *features.names]
    require_columns(rows, named, "the rows to serve")
    if len(rows):
        store.write_to_online_store(features.name, df=rows[named])


def redis_connection(redis: Redis) -> str:
    """Return Feast's connection string, secrets included; raise FeatureError for a comma in one."""
    told = {"db": str(redis.database), "username": redis.username or ""}
    told |= {"password": revealed(redis.password) or "", "ssl": "true" if redis.tls else ""}
    for name, value in told.items():
        if "," in value:
            raise FeatureError(f"Feast cannot take a Redis {name} with a comma: choose another.")
    options = [f"{name}={value}" for name, value in told.items() if value]
    return ",".join([f"{redis.host}:{redis.port}", *options])


def plain_repository(config: FeastConfig, online: dict[str, Any]) -> dict[str, Any]:
    """Return what Feast's `feature_store.yaml` holds."""
    return {
        "project": config.project,
        "provider": "local",
        "registry": str(config.folder.absolute() / "registry.db"),
        "online_store": online,
        "offline_store": {"type": "dask"},
        "entity_key_serialization_version": _KEY_VERSION,
    }
