"""Name what belongs to one run, make room for it and clear it away."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra.run_space import on_kafka, on_mlflow, on_postgres, on_redis, on_s3
from infra.settings import Settings

SPACE_VARIABLE = "LAB_SPACE"
_OWN = "mine"
_OPEN: Mapping[str, Callable[[Settings, str], dict[str, str]]] = {
    "postgres": on_postgres.open_schema,
    "s3": on_s3.open_bucket,
}
_DROP: Mapping[str, Callable[[Settings, str], None]] = {
    "kafka": on_kafka.drop_topics,
    "redis": on_redis.drop_keys,
    "postgres": on_postgres.drop_schema,
    "s3": on_s3.drop_bucket,
    "mlflow": on_mlflow.drop_experiments,
}


@dataclass(frozen=True)
class RunSpace:
    """Stand for what one run owns on `parts`: all that begins with its `name`.

    Topics, consumer groups, experiments and registered models are called NAME.something, keys
    NAME:something; the schema and the bucket are NAME. `name` is lower-case letters and digits.
    """

    name: str
    parts: tuple[str, ...]

    def open(self, settings: Settings) -> dict[str, str]:
        """Make the schema and the bucket; return variables that lead clients to them."""
        told: dict[str, str] = {}
        for part in self.parts:
            if part in _OPEN:
                told |= _OPEN[part](settings, self.name)
        return told

    def drop(self, settings: Settings) -> None:
        """Remove everything of this space; what another space owns stays."""
        for part in self.parts:
            if part in _DROP:
                _DROP[part](settings, self.name)


def in_space(name: str, separator: str = ".") -> str:
    """Return `name` as it is called in the space of this process, by default a user's own."""
    return f"{os.environ.get(SPACE_VARIABLE) or _OWN}{separator}{name}"
