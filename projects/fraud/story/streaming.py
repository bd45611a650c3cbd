"""The chapters on the stream: what came before, payments at a rate, and what became of them."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

import pandas as pd
from kafka import KafkaConsumer, TopicPartition
from kafka.structs import OffsetAndMetadata

from infra.events.configuration import ProducerConfig
from infra.events.producer import EventProducer
from infra.settings import Kafka
from projects.fraud import columns as c
from projects.fraud.contracts import CONTRACTS, LABEL, PAYMENT, Decision, Label, Payment, key_of
from projects.fraud.story.telling import Teller
from projects.fraud.world.as_events import labels_of, payments_of

_POLL_MS = 20
_REPORT_EVERY = 2_000


@dataclass(frozen=True)
class Seen:
    """Hold a decision and when it was read, in seconds of the monotonic clock."""

    decision: Decision
    at: float


@dataclass
class Watcher:
    """Read published decisions in a thread, from the end of the topic as it is on entering."""

    kafka: Kafka
    topic: str
    seen: dict[int, Seen] = field(default_factory=dict)
    twice: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._consumer = KafkaConsumer(**self.kafka.client_options(), group_id=None)
        places = [
            TopicPartition(self.topic, number)
            for number in self._consumer.partitions_for_topic(self.topic)
        ]
        self._consumer.assign(places)
        self._consumer.seek_to_end(*places)
        for place in places:
            self._consumer.position(place)
        self._thread = threading.Thread(target=self._read, daemon=True, name="decisions")
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._consumer.close()

    def wait_for(self, transactions: Sequence[int], seconds: float) -> int:
        """Wait until all are decided, at most so long; return how many are not."""
        until = time.monotonic() + seconds
        missing = set(transactions)
        while missing and time.monotonic() < until:
            time.sleep(0.01)
            missing -= self.seen.keys()
        return len(missing)

    def _read(self) -> None:
        while not self._stop.is_set():
            for records in self._consumer.poll(timeout_ms=_POLL_MS, max_records=5_000).values():
                now = time.monotonic()
                for record in records:
                    decision = CONTRACTS.read(record.value).data
                    self.twice += decision.transaction_id in self.seen
                    self.seen.setdefault(decision.transaction_id, Seen(decision, now))


def publish_labels(
    kafka: Kafka, topic: str, frame: pd.DataFrame, delay: timedelta, teller: Teller
) -> None:
    """Publish the label of each row of a table; return when all are acknowledged."""
    with EventProducer(kafka, ProducerConfig(name="story"), CONTRACTS) as producer:
        for number, label in enumerate(labels_of(frame, delay)):
            if number % _REPORT_EVERY == 0:
                teller.progress(f"the past, and labels: {number:,} of {len(frame):,}")
            _send(producer, topic, label)


def publish_payments(kafka: Kafka, topic: str, frame: pd.DataFrame) -> int:
    """Publish the rows of a table as payments; return how many when all are acknowledged."""
    with EventProducer(kafka, ProducerConfig(name="story"), CONTRACTS) as producer:
        for payment in payments_of(frame):
            _send(producer, topic, payment)
    return len(frame)


def take_for_decided(kafka: Kafka, group: str, topic: str) -> dict[int, int]:
    """Put a group's position after all that a topic holds: what came before fills windows alone.

    Return that position for each partition.
    """
    consumer = KafkaConsumer(**kafka.client_options(), group_id=group, enable_auto_commit=False)
    try:
        places = [TopicPartition(topic, n) for n in consumer.partitions_for_topic(topic)]
        consumer.assign(places)
        ends = consumer.end_offsets(places)
        consumer.commit({place: OffsetAndMetadata(end, "", -1) for place, end in ends.items()})
        return {place.partition: end for place, end in ends.items()}
    finally:
        consumer.close()


def publish_at(
    kafka: Kafka, topic: str, payments: Sequence[Payment], rate: float, teller: Teller
) -> dict[int, float]:
    """Publish at a rate whatever becomes of what was sent; return each one's scheduled time.

    The schedule does not wait for late answers (an open loop), so that latency counts from when
    the customer paid; each event bears that time.
    """
    due: dict[int, float] = {}
    with EventProducer(kafka, ProducerConfig(name="story"), CONTRACTS) as producer:
        begun, paid = time.monotonic(), datetime.now(UTC)
        for number, payment in enumerate(payments):
            due[payment.transaction_id] = begun + number / rate
            time.sleep(max(0.0, due[payment.transaction_id] - time.monotonic()))
            _send(producer, topic, payment, paid + timedelta(seconds=number / rate))
            if number % rate < 1:
                teller.progress(f"payments at {rate:g}/s: {number:,} of {len(payments):,}")
    return due


@dataclass
class OneByOne:
    """Have one payment after the other decided, as a drill asks for it."""

    kafka: Kafka
    topic: str
    payments: Iterator[Payment]
    watcher: Watcher

    def __enter__(self) -> Self:
        self._producer = EventProducer(self.kafka, ProducerConfig(name="drill"), CONTRACTS)
        self._producer.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._producer.__exit__(kind, error, at)

    def __call__(self, seconds: float = 30.0) -> str:
        """Send the next payment and return the version that decided it; raise RuntimeError."""
        payment = next(self.payments)
        _send(self._producer, self.topic, payment)
        self._producer.flush()
        if self.watcher.wait_for([payment.transaction_id], seconds):
            raise RuntimeError(f"{payment.transaction_id} was not decided in {seconds:g} s")
        return self.watcher.seen[payment.transaction_id].decision.model_version


def latencies(due: dict[int, float], watcher: Watcher) -> pd.Series:
    """Return milliseconds from scheduled arrival to the published decision, by transaction."""
    return pd.Series(
        {
            number: (watcher.seen[number].at - when) * 1_000
            for number, when in due.items()
            if number in watcher.seen
        }
    )


def days(frame: pd.DataFrame, first: int, until: int) -> pd.DataFrame:
    """Return the payments of the days from `first` up to before `until`."""
    return frame[frame[c.TX_TIME_DAYS].between(first, until - 1)]


def _send(
    producer: EventProducer, topic: str, event: Payment | Label, at: datetime | None = None
) -> None:
    contract = PAYMENT if isinstance(event, Payment) else LABEL
    producer.send(topic, contract.new(event, producer="story", time=at), key=key_of(event))
