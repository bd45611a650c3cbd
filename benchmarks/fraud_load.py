"""Send payments at set times whatever comes back, and note when each decision arrives.

Latency is counted from the time at which a payment was due to be sent: a sender that is held up
does not make the scorer look faster.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from kafka import KafkaConsumer
from kafka.structs import TopicPartition

from infra.events.configuration import ProducerConfig
from infra.events.contracts import Contracts
from infra.events.producer import EventProducer
from infra.events.records import Record
from infra.settings import Kafka, Settings, load_settings
from infra.settings.exporting import environment_of
from projects.fraud.contracts import CONTRACTS

_AHEAD_SECONDS = 1.0


@dataclass(frozen=True)
class Sent:
    """Hold when the first payment was due, on the monotonic clock, and how many a second."""

    begin: float
    per_second: float
    transactions: Sequence[int]

    def due(self) -> dict[int, float]:
        """Return when each transaction was due."""
        return {
            number: self.begin + place / self.per_second
            for place, number in enumerate(self.transactions)
        }


@dataclass(frozen=True)
class Latencies:
    """Hold seconds from scheduled arrival to received decision, and what went wrong."""

    seconds: np.ndarray
    lost: int
    twice: int

    def percentile(self, share: float) -> float:
        """Return milliseconds; infinite where nothing arrived."""
        return float(np.percentile(self.seconds, share)) * 1000 if len(self.seconds) else np.inf


class Sender:
    """Send records from a process of its own, which shares no interpreter with the receiver."""

    def __init__(self, settings: Settings, folder: Path, records: Sequence[Record]) -> None:
        path = folder / "records.jsonl"
        with path.open("w", encoding="utf-8") as file:
            for one in records:
                assert one.key is not None and one.value is not None
                file.write(json.dumps([one.topic, one.key.decode(), one.value.decode()]) + "\n")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.fraud_load", str(path)],
            env=_without_settings() | environment_of(settings, ["kafka"]),
            cwd=Path(__file__).parents[1],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._line()

    def send(self, transactions: Sequence[int], per_second: float) -> Sent:
        """Begin to send the next records and return at once."""
        begin = time.monotonic() + _AHEAD_SECONDS
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([begin, per_second, len(transactions)]) + "\n")
        self._process.stdin.flush()
        return Sent(begin, per_second, transactions)

    def finished(self) -> float:
        """Wait until all are acknowledged; return how late the latest was handed over, seconds."""
        return float(self._line())

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the sender ended with {self._process.wait()}")
        return line

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *rest: object) -> None:
        self._process.kill()
        self._process.wait()


class Receiver:
    """Note when each decision of a topic arrives at a consumer, in a thread."""

    def __init__(self, kafka: Kafka, topic: str) -> None:
        self._consumer = KafkaConsumer(
            **kafka.client_options(), group_id=None, isolation_level="read_committed"
        )
        places = [TopicPartition(topic, n) for n in self._consumer.partitions_for_topic(topic)]
        self._consumer.assign(places)
        self._consumer.seek_to_end(*places)
        for place in places:
            self._consumer.position(place)
        self._arrived: list[tuple[float, bytes]] = []
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._receive, daemon=True)

    def __len__(self) -> int:
        return len(self._arrived)

    def arrivals(self) -> list[tuple[float, int]]:
        """Return when each decision arrived, on the monotonic clock, and its transaction."""
        return [
            (at, CONTRACTS.read(value).data.transaction_id) for at, value in list(self._arrived)
        ]

    def wait_for(self, count: int, patience: float) -> None:
        """Wait until so many arrived in all, or nothing came for `patience` seconds."""
        known, since = len(self), time.monotonic()
        while len(self) < count and time.monotonic() - since < patience:
            time.sleep(0.05)
            if len(self) > known:
                known, since = len(self), time.monotonic()

    def latencies(self, sent: Sent) -> Latencies:
        """Compare with what was sent."""
        due, found, twice = sent.due(), {}, 0
        for at, number in self.arrivals():
            if number in due:
                twice += number in found
                found.setdefault(number, at - due[number])
        return Latencies(np.array(list(found.values())), len(due) - len(found), twice)

    def _receive(self) -> None:
        while not self._is_over.is_set():
            for records in self._consumer.poll(timeout_ms=200).values():
                now = time.monotonic()
                self._arrived += [(now, record.value) for record in records]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *rest: object) -> None:
        self._is_over.set()
        self._thread.join()
        self._consumer.close()


def _without_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("LAB_")}


def _send_as_told(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    records = iter(
        Record(topic, key.encode(), value.encode()) for topic, key, value in map(json.loads, lines)
    )
    told = ProducerConfig(name="load", linger_seconds=0.0, delivery_seconds=60.0)
    with EventProducer(load_settings().kafka, told, Contracts(())) as producer:
        print("ready", flush=True)
        for line in sys.stdin:
            begin, per_second, count = json.loads(line)
            latest = 0.0
            for place in range(count):
                due = begin + place / per_second
                if (early := due - time.monotonic()) > 0:
                    time.sleep(early)
                latest = max(latest, time.monotonic() - due)
                producer.send_record(next(records))
            producer.flush()
            print(latest, flush=True)


if __name__ == "__main__":
    _send_as_told(Path(sys.argv[1]))
