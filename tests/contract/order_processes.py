"""Start, kill and end members of a group that are processes of their own."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from kafka import KafkaConsumer, TopicPartition
from orders import CONTRACTS, Names

from infra.events.loop import Loop
from infra.events.stopping import Stop
from infra.settings import Kafka

_WORKER = Path(__file__).with_name("order_worker.py")
_REPOSITORY = Path(__file__).parents[2]


class Worker:
    """Run one member; `told` is what `order_worker` reads beside the names."""

    def __init__(self, environment: dict[str, str], names: Names, log: Path, **told: Any) -> None:
        words = json.dumps({"names": vars(names), **told})
        self._log = log.open("ab")
        self._process = subprocess.Popen(
            [sys.executable, str(_WORKER), words],
            env=environment | {"PYTHONPATH": str(_REPOSITORY)},
            cwd=log.parent,
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def kill(self) -> None:
        """End it with SIGKILL, in the midst of whatever it does."""
        assert self._process.poll() is None, "the worker ended before it was killed"
        self._process.kill()
        self._process.wait()

    def ask_to_end(self, patience: float = 20.0) -> float:
        """End it with SIGTERM; return the seconds it took, and fail if it did not end in order."""
        begun = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait(patience) == 0
        return time.monotonic() - begun

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *rest: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._log.close()


@contextmanager
def in_background(loop: Loop, stop: Stop) -> Iterator[None]:
    """Run a loop in a thread until the block ends; raise here what ended it before."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(loop.run)
        try:
            yield
        finally:
            stop.ask()
            running.result(timeout=60)


def read_all(kafka: Kafka, topic: str, isolation: str = "read_committed") -> list[Any]:
    """Return every record of a topic that this isolation shows, as it is now."""
    consumer = KafkaConsumer(**kafka.client_options(), isolation_level=isolation, group_id=None)
    try:
        partitions = [TopicPartition(topic, n) for n in consumer.partitions_for_topic(topic)]
        consumer.assign(partitions)
        consumer.seek_to_beginning(*partitions)
        ends = consumer.end_offsets(partitions)
        found: list[Any] = []
        while any(consumer.position(one) < end for one, end in ends.items()):
            for records in consumer.poll(timeout_ms=500, max_records=5000).values():
                found += records
        return found
    finally:
        consumer.close()


def ids_of(kafka: Kafka, topic: str) -> list[str]:
    """Return the event ids of a topic, with repetitions."""
    return [str(CONTRACTS.read(record.value).id) for record in read_all(kafka, topic)]


def grows(count: Callable[[], int], to: int, *, seconds: float = 90.0) -> None:
    """Wait until a count reaches a figure."""
    end = time.monotonic() + seconds
    while (now := count()) < to:
        assert time.monotonic() < end, f"{now} of {to} after {seconds} s"
        time.sleep(0.05)
