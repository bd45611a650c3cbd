"""The way to the three brokers, for the notebook: options, a producer, a desk that handles."""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError, UnknownBrokerIdError

from infra.events.answering import answering
from infra.events.steady_consumer import SteadyConsumer
from infra.settings import load_settings

BROKERS = 3
_ASK_AGAIN_SECONDS = 15.0
_PAUSE_SECONDS = 0.2
# One broker may die and be replaced in this time; a busy machine may take long, too.
_PATIENCE_SECONDS = 90.0
_STALLED_SECONDS = 150.0


class ClusterIsDown(ConnectionError):  # noqa: N818
    """Say in one sentence what is wrong with the cluster, and what to do."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class Crash(Exception):  # noqa: N818
    """Stand for whatever ends a consumer in the middle of its work."""


class Consumer(SteadyConsumer):
    """Be kafka-python's KafkaConsumer, without two bugs of its present version.

    One is in slow rebalances. The other: when a broker dies that the client still means to ask, and
    is on no list any more, UnknownBrokerIdError leaves, though the next question would be answered.
    """

    def poll(
        self, timeout_ms: float = 0, max_records: int | None = None, update_offsets: bool = True
    ) -> Any:
        """Return records by partition, or none after `timeout_ms`."""
        try:
            return super().poll(timeout_ms, max_records, update_offsets)
        except UnknownBrokerIdError:
            time.sleep(_PAUSE_SECONDS)
            return {}

    def commit(self, offsets: Any = None, timeout_ms: float | None = None) -> Any:
        """Commit, and wait for the answer."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return super().commit(offsets, timeout_ms)
            except UnknownBrokerIdError:
                if time.monotonic() > until:
                    raise
                time.sleep(_PAUSE_SECONDS)

    def close(self, *told: Any, **options: Any) -> None:
        """Leave the group and the brokers."""
        with suppress(UnknownBrokerIdError):
            super().close(*told, **options)


def connect() -> str:
    """Return the brokers' addresses; raise ClusterIsDown unless there are three."""
    # A client tells of every connection that it loses, and it finds a new one by itself.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    kafka = load_settings().kafka
    if len(kafka.bootstrap) != BROKERS:
        raise ClusterIsDown(
            f"This lab needs {BROKERS} brokers, and the stack has {len(kafka.bootstrap)}: type "
            "`lab down kafka`, then `lab up kafka --brokers 3`, then run this cell again."
        )
    try:
        admin().close()
    except KafkaError:
        raise ClusterIsDown(
            f"No broker answers at {', '.join(kafka.bootstrap)}: type `lab up kafka --brokers 3` "
            "in a terminal, then run this cell again."
        ) from None
    return ", ".join(kafka.bootstrap)


def client_options() -> dict[str, Any]:
    """Return what every client must be told: which brokers answer now, and to come back soon.

    A client finds all brokers through any one of them, so one that is starting is left out.
    """
    kafka = load_settings().kafka
    awake = answering(kafka.bootstrap) or answering(kafka.bootstrap, _ASK_AGAIN_SECONDS)
    patience = _PATIENCE_SECONDS if awake else 1.0
    return kafka.client_options() | {
        "bootstrap_servers": list(awake or kafka.bootstrap),
        "bootstrap_timeout_ms": round(1000 * patience),
        "reconnect_backoff_max_ms": 1000,
    }


def consumer_options() -> dict[str, Any]:
    """Return what a member of a group must be told beside its group and its ways.

    At most 50 records come out of one `poll`. The client's own thread tells the group every half
    second that it lives; when 45 s pass without a word, the group considers it dead. A handler may
    take longer than that: only five minutes without a `poll` end a membership, too. A topic that
    was made a moment ago is found within two seconds.
    """
    return client_options() | {
        "metadata_max_age_ms": 2000,
        "max_poll_records": 50,
        "session_timeout_ms": 45_000,
        "heartbeat_interval_ms": 500,
        "allow_auto_create_topics": False,
    }


def admin() -> KafkaAdminClient:
    """Return a client for topics, groups and offsets; close it after use."""
    return KafkaAdminClient(**client_options())


def places_of(client: KafkaConsumer, topic: str) -> list[TopicPartition]:
    """Return the partitions of a topic in order, as `assign` and `end_offsets` take them."""
    return [TopicPartition(topic, number) for number in sorted(client.partitions_for_topic(topic))]


@contextmanager
def producer(seconds: float, **options: Any) -> Iterator[KafkaProducer]:
    """Give a producer that gives up on a record `seconds` after it was sent; options are its own.

    A future that `send` returns then fails by itself; `send` itself waits so long for a topic that
    is not there. Leaving the block throws away what is still waiting: ask the futures before.
    """
    milliseconds = round(seconds * 1000)
    times = {
        "delivery_timeout_ms": milliseconds,
        "request_timeout_ms": min(milliseconds // 2, 15_000),
        "max_block_ms": milliseconds,
    }
    client = KafkaProducer(
        **client_options() | times | {"allow_auto_create_topics": False} | options
    )
    try:
        yield client
    finally:
        # `close` alone would wait for what a dead broker never acknowledges.
        client._sender.force_close()
        client._sender.join(5)
        with suppress(KafkaError):
            client.close(timeout=5)


class Desk:
    """Handle payments one by one, and write each id into the topic `log`, where all can see it.

    It is done when `expected` different ids stand there, whoever handled them. `crash_on`: the id
    of a payment at which everything breaks. `rest`: seconds that one payment takes.
    """

    def __init__(self, log: str, expected: int, crash_on: str = "", rest: float = 0.0) -> None:
        self.handled: list[str] = []
        self._log, self._expected = log, expected
        self._crash_on, self._rest = crash_on, rest
        self._seen: set[bytes] = set()
        self._news = time.monotonic()
        self._open = producer(2 * _PATIENCE_SECONDS, acks="all")
        self._producer = self._open.__enter__()
        self._reader = KafkaConsumer(**client_options())
        self._reader.assign([TopicPartition(log, 0)])
        self._reader.seek_to_beginning()

    def handle(self, record: Any) -> None:
        """Handle one record; raise Crash at the payment that breaks everything."""
        payment = json.loads(record.value)["id"]
        if payment == self._crash_on:
            raise Crash(payment)
        time.sleep(self._rest)
        self._producer.send(self._log, payment.encode())
        self.handled.append(payment)

    def finished(self) -> bool:
        """Say whether all is handled, or nothing new has been for so long that nobody will."""
        with suppress(UnknownBrokerIdError):
            for records in self._reader.poll(timeout_ms=0).values():
                self._seen |= {record.value for record in records}
                self._news = time.monotonic()
        stalled = time.monotonic() - self._news > _STALLED_SECONDS
        return len(self._seen) >= self._expected or stalled

    def close(self) -> None:
        """Wait until the log has all that was handled, and leave the brokers."""
        with suppress(KafkaError):
            self._producer.flush(timeout=_PATIENCE_SECONDS)
        self._open.__exit__(None, None, None)
        self._reader.close()
