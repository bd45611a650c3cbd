"""What the checks do on the parts themselves: plant topics, records, files and documents."""

import logging
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, TopicAlreadyExistsError, UnknownTopicOrPartitionError

from autograder.checks import Run
from infra.run_space.space import SPACE_VARIABLE, in_space
from infra.settings import Kafka
from infra.settings.exporting import settings_told
from infra.storage.on_s3 import S3Store

_PATIENCE_SECONDS = 30.0
_POLL_SECONDS = 0.1
# The checks' own cards begin here; nobody pays with such a one.
_FIRST_CARD = 7_000_000_000


@dataclass
class Ground:
    """Stand for names on the brokers that a single check has to itself."""

    kafka: Kafka
    name: str

    def __post_init__(self) -> None:
        self.admin = KafkaAdminClient(**self.kafka.client_options())

    def near(self, word: str) -> str:
        """Return a name, for a topic or a group, that is this check's alone."""
        return f"{self.name}-{word}"

    def topic(self, word: str, partitions: int = 1, **settings: str) -> str:
        """Make a topic with three replicas of each partition and return its name."""
        told = {key.replace("_", "."): value for key, value in settings.items()}
        name = self.near(word)
        shape = {"num_partitions": partitions, "replication_factor": 3, "configs": told}
        with suppress(TopicAlreadyExistsError):
            # A client that waits too long for slow brokers asks again, and meets its own topic.
            self.admin.create_topics({name: shape})
        self.admin.wait_for_topics([name], timeout_ms=round(1000 * _PATIENCE_SECONDS))
        return name

    def shape(self, topic: str) -> dict[str, Any]:
        """Return the partitions, the replicas of each, and the settings of the topic's own."""
        asked = [ConfigResource(ConfigResourceType.TOPIC, topic)]

        def known() -> tuple[Any, Any]:
            [found] = self.admin.describe_topics([topic])
            told = self.admin.describe_configs(asked)["topic"][topic]
            if not (found["partitions"] and told):
                raise UnknownTopicOrPartitionError(topic)
            return found, told

        found, told = _patiently(known)
        return {
            "partitions": len(found["partitions"]),
            "replicas": sorted({len(one["replica_nodes"]) for one in found["partitions"]}),
            "configs": {key: str(one["value"]) for key, one in told.items()},
        }

    def put(self, topic: str, records: Sequence[tuple[int, bytes | None, bytes]]) -> None:
        """Write records, each with its partition, key and value, and wait until they are safe."""
        client = KafkaProducer(**self.kafka.client_options(), acks="all")
        sent = [client.send(topic, partition=p, key=key, value=v) for p, key, v in records]
        for future in sent:
            future.get(timeout=_PATIENCE_SECONDS)
        client.close(timeout=5)

    def read(self, topic: str) -> list[Any]:
        """Return every record that the topic has now, partition by partition."""
        client = KafkaConsumer(**self.kafka.client_options())
        try:
            self.admin.wait_for_topics([topic])
            numbers = _patiently(lambda: _known_partitions(client, topic))
            places = [TopicPartition(topic, number) for number in numbers]
            client.assign(places)
            ends, found = client.end_offsets(places), []
            client.seek_to_beginning()
            until = time.monotonic() + _PATIENCE_SECONDS
            while any(client.position(one) < ends[one] for one in places):
                for records in client.poll(timeout_ms=100).values():
                    found += records
                if time.monotonic() > until:
                    raise TimeoutError(f"{topic} could not be read to its end")
            return sorted(found, key=lambda record: (record.partition, record.offset))
        finally:
            client.close()

    def committed(self, topic: str, group: str, partitions: int) -> dict[int, int]:
        """Return the offset that the group has committed for each partition; 0 for none."""
        places = [TopicPartition(topic, number) for number in range(partitions)]
        known = _patiently(lambda: self.admin.list_group_offsets({group: places})[group])
        found = {place.partition: known.get(place) for place in places}
        return {number: max(0, one.offset) if one else 0 for number, one in found.items()}

    def clear(self) -> None:
        """Delete the topics that begin with this check's name."""
        with suppress(KafkaError):
            there = [name for name in self.admin.list_topics() if name.startswith(self.name)]
            if there:
                self.admin.delete_topics(there, raise_errors=False)
        self.admin.close()


@contextmanager
def ground(run: Run) -> Iterator[Ground]:
    """Give a check names of its own on the brokers, and delete what it made there."""
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    word = f"check-{secrets.token_hex(4)}"
    space = run.variables.get(SPACE_VARIABLE)
    own = Ground(settings_told(run.variables).kafka, f"{space}.{word}" if space else in_space(word))
    try:
        yield own
    finally:
        own.clear()


@contextmanager
def bucket(run: Run) -> Iterator[S3Store]:
    """Give the bucket that the run writes into."""
    told = run.variables.get("LAB_S3_BUCKET") or os.environ.get("LAB_S3_BUCKET")
    store = S3Store(settings_told(run.variables).s3, told or in_space("lake", "-"))
    try:
        yield store
    finally:
        store.close()


def files_in(store: S3Store, topic: str) -> dict[str, bytes]:
    """Return the files of a topic, by name."""
    return {one.key: store.get(one.key) for one in store.listed(f"{topic}/")}


@contextmanager
def connected(run: Run) -> Iterator["psycopg.Connection[Any]"]:
    """Give a connection to the run's own tables, beside whoever has the ground."""
    told: Mapping[str, str] = run.variables if run.variables.get("PGOPTIONS") else os.environ
    connection = psycopg.connect(
        **settings_told(run.variables).postgres.client_options(),
        options=told.get("PGOPTIONS", ""),
        autocommit=True,
        connect_timeout=10,
    )
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def database(run: Run) -> Iterator["psycopg.Connection[Any]"]:
    """Give a connection to the run's own tables, in which nothing of a check is left or expired."""

    def clean() -> None:
        asked = "DELETE FROM recent WHERE card >= %s OR expires <= now()"
        connection.execute(asked, [_FIRST_CARD])

    with connected(run) as connection:
        # Plain nbgrader's runs share one table, and a check must find it as it left it. What a
        # wrong answer leaves there would expire in the midst of somebody else's check.
        connection.execute("SELECT pg_advisory_lock(hashtext(current_schema()))")
        clean()
        try:
            yield connection
        finally:
            clean()


def plant(connection: Any, cards: Sequence[int], expires: Sequence[float]) -> None:
    """Put documents into Postgres that expire at these times."""
    for card, second in zip(cards, expires, strict=True):
        connection.execute(
            "INSERT INTO recent VALUES (%s, to_timestamp(%s), 1, '{}', to_timestamp(%s))",
            [card, second - 60, second],
        )


def left_of(connection: Any, cards: Sequence[int]) -> list[int]:
    """Return those of the cards that have a document in Postgres, expired or not."""
    asked = "SELECT card FROM recent WHERE card = ANY(%s) ORDER BY card"
    return [card for (card,) in connection.execute(asked, [list(cards)]).fetchall()]


def _known_partitions(client: KafkaConsumer, topic: str) -> list[int]:
    numbers = client.partitions_for_topic(topic)
    if not numbers:
        raise UnknownTopicOrPartitionError(topic)
    return sorted(numbers)


def _patiently(ask: Callable[[], Any]) -> Any:
    """Ask the brokers again while they do not all know of a topic that was just made."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return ask()
        except KafkaError:
            if time.monotonic() > end:
                raise
            time.sleep(_POLL_SECONDS)
