"""The tiers, and what is known of the endpoints on each without being told."""

from enum import StrEnum
from typing import Any

from infra.settings.ports import LOOPBACK, Ports

_BROKERS_OF_COMPOSE = 3


class Tier(StrEnum):
    """Name where the parts run."""

    LOCAL = "local"
    COMPOSE = "compose"
    CLOUD = "cloud"


def defaults(tier: Tier, ports: Ports, brokers: int) -> dict[str, dict[str, Any]]:
    """Return what needs no telling, by part; the cloud's endpoints must all be told."""
    match tier:
        case Tier.LOCAL:
            return _local(ports, brokers)
        case Tier.COMPOSE:
            return _compose()
        case Tier.CLOUD:
            return {"kafka": {"replication": 3, "security": "SASL_SSL"}, "redis": {"tls": True}}


def _local(ports: Ports, brokers: int) -> dict[str, dict[str, Any]]:
    # The stack listens on loopback alone; these keep clients the same on every tier, no more.
    return {
        "kafka": {"bootstrap": tuple(f"{LOOPBACK}:{ports.broker(n + 1)}" for n in range(brokers))},
        "redis": {"host": LOOPBACK, "port": ports.of("redis")},
        "postgres": {
            "host": LOOPBACK,
            "port": ports.of("postgres"),
            "password": "lab",
            "sslmode": "disable",
        },
        "s3": {
            "url": f"http://{LOOPBACK}:{ports.of('s3')}",
            "region": "us-east-1",
            "access_key": "lab",
            "secret_key": "lab-secret",
        },
        "mlflow": {"url": f"http://{LOOPBACK}:{ports.of('mlflow')}"},
        "prometheus": {"url": f"http://{LOOPBACK}:{ports.of('prometheus')}"},
        "alertmanager": {"url": f"http://{LOOPBACK}:{ports.of('alertmanager')}"},
    }


def _compose() -> dict[str, dict[str, Any]]:
    # Hosts are the services' names on the composed network; passwords come as secret files.
    nodes = range(1, _BROKERS_OF_COMPOSE + 1)
    return {
        "kafka": {"bootstrap": tuple(f"kafka-{node}:9092" for node in nodes)},
        "redis": {"host": "redis"},
        "postgres": {"host": "postgres"},
        "s3": {"url": "http://s3:7070", "region": "us-east-1"},
        "mlflow": {"url": "http://mlflow:5000"},
        "prometheus": {"url": "http://prometheus:9090"},
        "alertmanager": {"url": "http://alertmanager:9093"},
    }
