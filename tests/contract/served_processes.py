"""Start real serving processes on free ports and end them."""

import json
import os
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from stack_under_test import until

from infra.settings import Redis

SERVICE = Path(__file__).with_name("sized_service.py")
ROOT = SERVICE.parents[2]
USUAL = {
    "quota": "100000/minute",
    "lame_duck_seconds": 0.0,
    "max_items": 8,
    "max_queue": 64,
    "deadline_ms": 2000,
    "seconds_a_batch": 0.0,
}


@dataclass(frozen=True)
class Served:
    """Hold a process and where it is asked."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def metric(self, sample: str) -> float:
        """Return the value of one sample, written as Prometheus writes it."""
        lines = httpx.get(f"{self.url}/metrics").text.splitlines()
        return float(next(line for line in lines if line.startswith(f"{sample} ")).split()[-1])


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def served(
    keys: Path, *, count: int = 1, redis: Redis | None = None, **told: Any
) -> Iterator[list[Served]]:
    """Run `count` processes of the service that share keys, and quotas where `redis` is given."""
    prefix = f"contract:{uuid.uuid4().hex}"
    environment = {**os.environ, **(_variables(redis) if redis else {}), "PYTHONPATH": str(ROOT)}
    running: list[Served] = []
    for number in range(count):
        port = free_port()
        options = USUAL | told | {"port": port, "keys": str(keys), "prefix": prefix}
        options["shared_quotas"] = redis is not None
        log = keys.with_name(f"served-{port}-{number}.log")
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, str(SERVICE), json.dumps(options)],
                env=environment,
                stderr=output,
            )
        running.append(Served(process, f"http://127.0.0.1:{port}", log))
    try:
        for one in running:
            until(lambda one=one: _is_ready(one), bool, seconds=60)
        yield running
    finally:
        for one in running:
            one.process.terminate()
        for one in running:
            one.process.wait(timeout=30)


def _variables(redis: Redis) -> dict[str, str]:
    told = {"HOST": redis.host, "PORT": redis.port, "DATABASE": redis.database, "TLS": redis.tls}
    if redis.username:
        told["USERNAME"] = redis.username
    if redis.password:
        told["PASSWORD"] = redis.password.get_secret_value()
    return {f"LAB_REDIS_{name}": str(value) for name, value in told.items()}


def _is_ready(one: Served) -> bool:
    assert one.process.poll() is None, one.log.read_text()
    try:
        return httpx.get(f"{one.url}/health/ready").status_code == 200
    except httpx.TransportError:
        return False
