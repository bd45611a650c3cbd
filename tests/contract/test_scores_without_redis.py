"""Redis goes away under the scoring API's load: every request has its score, counted or not."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from scored_streams import save_models, world_events
from served_processes import ROOT, Served, free_port
from stack_under_test import StackUnderTest

from infra.serving.key_store import KeyStore
from infra.settings import Redis
from infra.settings.exporting import environment_of
from projects.fraud import columns as c
from projects.fraud.features import FeatureConfig, add_features
from projects.fraud.scoring.models import point_at
from projects.fraud.scoring.processes import die_with_the_parent

pytestmark = pytest.mark.long

CLIENTS = 4
SOME = 200
NAMES = FeatureConfig().names
# A machine that stands still makes callers wait, which is told to them and no fault of Redis.
COME_AGAIN = ("items wait already", "An answer would take", "did not come in time")


@contextmanager
def answering(faults: StackUnderTest, folder: Path, keys: Path) -> Iterator[Served]:
    """Run the scoring API with quotas in Redis."""
    words = ["serve", "--model", str(folder), "--keys", str(keys), "--shared-quotas"]
    port, log = free_port(), folder / "answering.log"
    told = {name: value for name, value in os.environ.items() if not name.startswith("LAB_")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "projects.fraud.answering", *words, "--port", str(port)],
            cwd=ROOT,
            env=told | environment_of(faults.own_settings(), ["redis"]),
            stderr=output,
            preexec_fn=die_with_the_parent,
        )
    served = Served(process, f"http://127.0.0.1:{port}", log)
    try:
        wait(served, lambda: is_ready(served))
        yield served
    finally:
        process.terminate()
        process.wait()


def wait(served: Served, is_so: Callable[[], bool]) -> None:
    while not is_so():
        assert served.process.poll() is None, served.log.read_text()
        time.sleep(0.05)


def is_ready(served: Served) -> bool:
    try:
        return httpx.get(f"{served.url}/health/ready", timeout=None).status_code == 200
    except httpx.TransportError:
        return False


def calling(served: Served) -> httpx.Client:
    # A connection for each request: one that is kept may be closed while it is taken again.
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(base_url=served.url, timeout=None, limits=limits)


def asked(client: httpx.Client, key: str, question: dict[str, float]) -> httpx.Response:
    """Ask, and again where the service says that it is too busy."""
    while True:
        answer = client.post("/v1/predict", json=question, headers={"X-API-Key": key})
        is_busy = answer.status_code == 503 and any(
            words in answer.json()["detail"] for words in COME_AGAIN
        )
        if not is_busy:
            return answer
        time.sleep(float(answer.headers["retry-after"]))


class Load:
    """Ask from several clients without a pause, and note the status and answer of each question."""

    def __init__(self, served: Served, key: str, questions: list[dict[str, float]]) -> None:
        self._served, self._key, self._questions = served, key, questions
        self._is_over = threading.Event()
        self._clients = [
            threading.Thread(target=self._ask, args=(number,), daemon=True)
            for number in range(CLIENTS)
        ]
        self.sent = [0] * CLIENTS
        self.answers: list[tuple[int, int, Any]] = []
        self.errors: list[Exception] = []
        for client in self._clients:
            client.start()

    def _ask(self, number: int) -> None:
        with calling(self._served) as client:
            while not self._is_over.is_set() and not self.errors:
                place = (self.sent[number] * CLIENTS + number) % len(self._questions)
                self.sent[number] += 1
                try:
                    found = asked(client, self._key, self._questions[place])
                except Exception as error:
                    self.errors.append(error)
                else:
                    self.answers.append((place, found.status_code, found.json()))

    def goes_on(self) -> None:
        """Wait until some more questions are answered."""
        due = len(self.answers) + SOME
        wait(self._served, lambda: len(self.answers) >= due or bool(self.errors))
        assert self.errors == []

    def end(self) -> None:
        self._is_over.set()
        for client in self._clients:
            client.join()


def test_no_request_is_lost_quotas_pass_and_are_kept_again_when_redis_is_back(
    redis: Redis, faults: StackUnderTest, tmp_path: Path
) -> None:
    world, _, _ = world_events(6, 3_000)
    save_models(world, tmp_path, ["one"])
    point_at(tmp_path, "one")
    store = KeyStore.in_file(tmp_path / "keys.db")
    key = store.create("shop", quota="100000000/day").reveal()
    small = store.create("stall", quota="5/day").reveal()
    # One in five is a fraud, so that the scores differ.
    table = add_features(world).sort_values(c.TX_FRAUD)
    rows = pd.concat([table.iloc[:40], table.iloc[-10:]])[list(NAMES)].to_numpy(float)
    questions = [dict(zip(NAMES, row, strict=True)) for row in rows.tolist()]
    with (
        answering(faults, tmp_path, tmp_path / "keys.db") as served,
        calling(served) as client,
    ):
        right = [asked(client, key, question).json() for question in questions]

        def is_counted() -> bool:
            return asked(client, small, questions[0]).status_code == 429

        wait(served, is_counted)
        load = Load(served, key, questions)
        try:
            load.goes_on()
            with faults.away("redis"):
                load.goes_on()
                # Nobody counts, so the used up quota passes; and the service is ready for more.
                assert asked(client, small, questions[0]).json() == right[0]
                wait(served, lambda: is_ready(served))
            wait(served, is_counted)
            load.goes_on()
            faults.kill("redis")
            load.goes_on()
            faults.until_healthy("redis")
            wait(served, is_counted)
            load.goes_on()
        finally:
            load.end()
    found = [status for _, status, _ in load.answers]
    print(
        f"\nRedis stopped, then killed under load: {sum(load.sent)} requests, lost "
        f"{sum(load.sent) - found.count(200)}"
    )
    assert load.errors == [] and len(found) == sum(load.sent)
    assert set(found) == {200}
    assert all(answer == right[place] for place, _, answer in load.answers)
    assert len({one["answer"]["score"] for one in right}) > 5
