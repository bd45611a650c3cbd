"""Write a Feast repository as files, for Feast's own command and for its feature server."""

from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from infra.features.definition import MICROSECOND, FeatureSet
from infra.features.feast_repository import FeastConfig, plain_repository

# The environment variable from which a rendered repository takes the address of its Redis.
REDIS_VARIABLE = "LAB_FEAST_REDIS"
_HEAD = '"""Feast definitions, written by infra.features.feast_rendering: change those instead."""'


def rendered_repository(features: FeatureSet, config: FeastConfig) -> dict[str, str]:
    """Return the repository's files by name; they hold no secret.

    With Redis, Feast reads LAB_FEAST_REDIS when it loads the file: what `redis_connection` returns.
    """
    online: dict[str, Any] = {"type": "sqlite", "path": str(config.folder.absolute() / "online.db")}
    if config.redis is not None:
        online = {"type": "redis", "connection_string": f"${{{REDIS_VARIABLE}}}"}
    return {
        "feature_store.yaml": yaml.safe_dump(plain_repository(config, online), sort_keys=False),
        "definitions.py": _definitions(features, config),
    }


def write_repository(features: FeatureSet, config: FeastConfig, into: Path) -> list[Path]:
    """Write the repository's files into a folder, and return their paths."""
    into.mkdir(parents=True, exist_ok=True)
    config.folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in rendered_repository(features, config).items():
        path = into / name
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def _definitions(features: FeatureSet, config: FeastConfig) -> str:
    is_text = config.entity == "text"
    fields = [f"        Field(name={features.entity!r}, dtype={'String' if is_text else 'Int64'}),"]
    fields += [
        f"        Field(name={a.name!r}, dtype={'Int64' if a.is_whole else 'Float64'}),"
        for a in features.aggregates
    ]
    value_type = "STRING" if is_text else "INT64"
    lines = [
        _HEAD,
        "",
        "from datetime import timedelta",
        "",
        "from feast import Entity, FeatureView, Field, FileSource, ValueType",
        "from feast.types import Float64, Int64, String  # noqa: F401",
        "",
        f"entity = Entity(name={features.entity!r}, join_keys=[{features.entity!r}], "
        f"value_type=ValueType.{value_type})",
        "source = FileSource(",
        f"    name={f'{features.name}_rows'!r},",
        f"    path={str(config.rows.absolute())!r},",
        f"    timestamp_field={features.time!r},",
        ")",
        "view = FeatureView(",
        f"    name={features.name!r},",
        "    entities=[entity],",
        f"    ttl=timedelta(microseconds={config.ttl // MICROSECOND}),",
        "    schema=[",
        *fields,
        "    ],",
        "    source=source,",
        f"    tags={{'definition': {features.fingerprint[:12]!r}}},",
        ")",
        "",
    ]
    return "\n".join(lines)
