"""Ask for scores over HTTP in an open loop, and do harm meanwhile.

A real process with a model of 200 trees is asked at a set rate, each request when it is due,
whatever came back before; latency counts from when it was due.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import lightgbm
import numpy as np

from infra.serving.key_store import KeyStore
from projects.fraud.features import FeatureConfig
from projects.fraud.learning.calibration import Calibration
from projects.fraud.learning.scoring_model import ScoringModel
from projects.fraud.scoring.models import point_at

_NAMES = FeatureConfig().names
_ROOT = Path(__file__).parents[1]
# Twenty requests at 200/s, of which the middle one is looked at; and ten times as long, a second.
_MOMENT_SECONDS = 0.1
_MOMENTS = 10


@dataclass(frozen=True)
class Answered:
    """Hold milliseconds from when each answered request was due.

    `lost` counts those that got no answer, or not the one they asked for. `recovery` are the
    seconds from the harm until latency was back; not a number where none was done.
    """

    milliseconds: np.ndarray
    lost: int
    recovery: float = np.nan


def recovery(milliseconds: np.ndarray, per_second: float, harmed: float) -> float:
    """Return how many seconds after `harmed` latency was back for a second; infinite if never.

    `milliseconds` are of all requests in the order in which they were due, infinite for lost ones.
    It is back where in each tenth of a second the median is at most the 95th percentile of before.
    """
    due = np.arange(len(milliseconds)) / per_second
    usual = np.percentile(milliseconds[due < harmed], 95)
    after = milliseconds[due >= harmed]
    size = max(1, round(_MOMENT_SECONDS * per_second))
    moments = np.median(after[: len(after) // size * size].reshape(-1, size), axis=1)
    is_usual = moments <= usual
    for first in range(len(is_usual) - _MOMENTS + 1):
        if is_usual[first : first + _MOMENTS].all():
            return first * _MOMENT_SECONDS
    return np.inf


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


async def _asked(
    url: str, key: str, per_second: int, seconds: int, harm: Callable[[], None] | None
) -> Answered:
    rng = np.random.default_rng(1)
    bodies = [
        dict(zip(_NAMES, map(float, row), strict=True))
        for row in rng.gamma(2.0, 30.0, (100, len(_NAMES)))
    ]
    late = np.full(per_second * seconds, np.inf)
    taken: list[float] = []
    harmed = np.nan
    # httpx looks through all connections for every request: once behind, it stays behind.
    connections = aiohttp.TCPConnector(limit=100)
    patience = aiohttp.ClientTimeout(total=10)
    async with aiohttp.ClientSession(
        url, headers={"X-API-Key": key}, connector=connections, timeout=patience
    ) as client:

        async def status(body: dict[str, float]) -> int:
            async with client.post("/v1/predict", json=body) as answer:
                await answer.read()
                return answer.status

        async def is_ready() -> bool:
            async with client.get("/health/ready") as answer:
                return answer.status == 200

        async def ask(number: int, due: float) -> None:
            try:
                answered = await status(bodies[number % len(bodies)])
            except (aiohttp.ClientError, TimeoutError):
                return
            taken.append((time.perf_counter() - due) * 1000)
            if answered == 200:
                late[number] = taken[-1]

        while not await is_ready():
            await asyncio.sleep(0.1)
        # The first request of a key pays for its slow hash.
        await status(bodies[0])
        begin = time.perf_counter() + 0.5
        waiting = []
        for number in range(per_second * seconds):
            if harm and number == per_second * seconds // 3:
                harmed = time.perf_counter() - begin
                harm()
            due = begin + number / per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            waiting.append(asyncio.create_task(ask(number, due)))
        await asyncio.gather(*waiting)
    lost = int(np.isinf(late).sum())
    back = recovery(late, per_second, harmed) if harm else np.nan
    return Answered(np.array(taken), lost, back)


def asked(
    folder: Path,
    seconds: int,
    *,
    words: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
    harm: Callable[[], None] | None = None,
    per_second: int = 200,
) -> Answered:
    """Serve a model from `folder`, ask it in an open loop, do harm after a third of the time."""
    _model(folder)
    key = KeyStore.in_file(folder / "keys.db").create("benchmark").reveal()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["-m", "projects.fraud.answering", "serve", "--model", str(folder)]
    command += ["--keys", str(folder / "keys.db"), "--port", str(port), *words]
    server = subprocess.Popen(
        [sys.executable, *command],
        cwd=_ROOT,
        env={**os.environ, **(variables or {}), "OMP_NUM_THREADS": "1"},
    )
    try:
        _until_open(port, server)
        url = f"http://127.0.0.1:{port}"
        return asyncio.run(_asked(url, key, per_second, seconds, harm))
    finally:
        server.terminate()
        server.wait(30)


def _until_open(port: int, server: subprocess.Popen[bytes]) -> None:
    while server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the server ended with {server.returncode}")
