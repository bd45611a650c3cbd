"""How fast scores are over HTTP, in an open loop: `python -m benchmarks.fraud_api`.

A real process with a model of 200 trees is asked 200 times a second, each request when it is due,
whatever came back before; latency counts from when it was due. Exits 1 when p95 is past its limit.
"""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import httpx
import lightgbm
import numpy as np
import typer

from infra.serving.key_store import KeyStore
from projects.fraud.features import FeatureConfig
from projects.fraud.learning.calibration import Calibration
from projects.fraud.learning.scoring_model import ScoringModel
from projects.fraud.scoring.models import point_at

_LIMIT_MILLISECONDS = 20.0
_NAMES = FeatureConfig().names
_ROOT = Path(__file__).parents[1]


def _model(folder: Path) -> None:
    """Keep a model of the usual size in a folder; what it has learned is of no matter here."""
    rng = np.random.default_rng(0)
    rows = rng.gamma(2.0, 30.0, (20_000, len(_NAMES)))
    labels = (rng.random(len(rows)) < 1 / (1 + np.exp(5 - rows[:, 0] / 40))).astype(int)
    options = {"objective": "binary", "num_leaves": 31, "verbose": -1, "num_threads": 1}
    booster = lightgbm.train(options, lightgbm.Dataset(rows, labels), 200)
    knots = Calibration((-6.0, -3.0, 0.0, 2.0), (0.0, 0.05, 0.3, 0.9))
    ScoringModel.of(booster, knots, 0.3, _NAMES).save(folder / "first")
    point_at(folder, "first")


async def _asked(url: str, key: str, per_second: float, seconds: float) -> tuple[np.ndarray, int]:
    """Return milliseconds from when each request was due, and how many were not answered well."""
    rng = np.random.default_rng(1)
    bodies = [
        dict(zip(_NAMES, map(float, row), strict=True))
        for row in rng.gamma(2.0, 30.0, (100, len(_NAMES)))
    ]
    taken: list[float] = []
    failed = 0
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
    async with httpx.AsyncClient(
        base_url=url, headers={"X-API-Key": key}, limits=limits, timeout=10
    ) as client:

        async def ask(number: int, due: float) -> None:
            nonlocal failed
            answer = await client.post("/v1/predict", json=bodies[number % len(bodies)])
            taken.append((time.perf_counter() - due) * 1000)
            failed += answer.status_code != 200

        while (await client.get("/health/ready")).status_code != 200:
            await asyncio.sleep(0.1)
        # The first request of a key pays for its slow hash.
        await client.post("/v1/predict", json=bodies[0])
        begin = time.perf_counter() + 0.5
        waiting = []
        for number in range(round(per_second * seconds)):
            due = begin + number / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            waiting.append(asyncio.create_task(ask(number, due)))
        await asyncio.gather(*waiting)
    return np.array(taken), failed


def main(
    per_second: Annotated[float, typer.Option(help="Requests a second.")] = 200.0,
    seconds: Annotated[float, typer.Option(help="For how long.")] = 60.0,
) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="bench-fraud-api-") as place:
        folder = Path(place)
        _model(folder)
        key = KeyStore.in_file(folder / "keys.db").create("benchmark").reveal()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = ["-m", "projects.fraud.answering", "serve", "--model", place]
        server = subprocess.Popen(
            [sys.executable, *command, "--keys", str(folder / "keys.db"), "--port", str(port)],
            cwd=_ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        try:
            _until_open(port, server)
            taken, failed = asyncio.run(
                _asked(f"http://127.0.0.1:{port}", key, per_second, seconds)
            )
        finally:
            server.terminate()
            server.wait(30)
    p50, p95, p99 = np.percentile(taken, [50, 95, 99])
    print(
        f"{len(taken)} requests at {per_second:g}/s: p50 {p50:.1f} ms, p95 {p95:.1f} ms, "
        f"p99 {p99:.1f} ms, {failed} not answered well"
    )
    if failed or p95 > _LIMIT_MILLISECONDS:
        raise typer.Exit(1)


def _until_open(port: int, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the server ended with {server.returncode}")


if __name__ == "__main__":
    typer.run(main)
