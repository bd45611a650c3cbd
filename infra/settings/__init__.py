"""Resolve every endpoint once; code that uses them never asks which tier it is on."""

from infra.extras import needing

with needing("stack"):
    from infra.settings.endpoints import (
        S3,
        Alertmanager,
        Kafka,
        Mlflow,
        Postgres,
        Prometheus,
        Redis,
    )
    from infra.settings.ports import Ports
    from infra.settings.resolve import Settings, load_settings
    from infra.settings.tier import Tier

__all__ = [
    "S3",
    "Alertmanager",
    "Kafka",
    "Mlflow",
    "Ports",
    "Postgres",
    "Prometheus",
    "Redis",
    "Settings",
    "Tier",
    "load_settings",
]
