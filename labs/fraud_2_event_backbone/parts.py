"""The real parts, for the notebook: brokers, a log that is read as a group, S3 and Postgres."""

import json
import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, TopicAlreadyExistsError
from kafka.structs import OffsetAndMetadata

from infra.run_space.space import in_space
from infra.settings import load_settings
from infra.storage.errors import StorageError
from infra.storage.on_s3 import S3Store

BROKERS = 3
_PATIENCE_SECONDS = 30
_POLL_MILLISECONDS = 100


class NotUp(ConnectionError):  # noqa: N818
    """Say in one sentence which part does not answer, and what to do."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def connect() -> str:
    """Return what answers; raise NotUp unless three brokers, S3 and Postgres do."""
    # A client tells of every connection that it loses, and it finds a new one by itself.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    kafka = load_settings().kafka
    if len(kafka.bootstrap) != BROKERS:
        raise NotUp(
            f"This lab needs {BROKERS} brokers, and the stack has {len(kafka.bootstrap)}: type "
            "`lab down kafka`, then `lab up kafka s3 postgres --brokers 3`, then run this again."
        )
    try:
        with brokers():
            pass
        store().close()
        documents().close()
    except (KafkaError, StorageError, psycopg.Error) as error:
        raise NotUp(
            f"A part does not answer ({type(error).__name__}): type `lab up kafka s3 postgres "
            "--brokers 3` in a terminal, then run this cell again."
        ) from None
    return f"{len(kafka.bootstrap)} brokers, S3 and Postgres answer"


class Brokers:
    """Look at topics and make them; a shape is what `plan_topics` gives for one topic."""

    def __init__(self, client: KafkaAdminClient) -> None:
        self._client = client

    def names(self) -> list[str]:
        """Return the names of all topics that are there, in order."""
        return sorted(self._client.list_topics())

    def shape(self, name: str) -> dict[str, Any]:
        """Return a topic's shape: `partitions`, `replication` and, in `configs`, every setting.

        Settings that nobody gave to the topic are the cluster's defaults. All values are texts.
        """
        asked = [ConfigResource(ConfigResourceType.TOPIC, name)]
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            [found] = self._client.describe_topics([name])
            told = self._client.describe_configs(asked, config_filter="all")["topic"][name]
            # A broker that is asked may not have heard yet of a topic that was just made.
            if (found["partitions"] and told) or time.monotonic() > until:
                break
            time.sleep(_POLL_MILLISECONDS / 1000)
        return {
            "partitions": len(found["partitions"]),
            "replication": min(len(one["replica_nodes"]) for one in found["partitions"]),
            "configs": {key: str(one["value"]) for key, one in sorted(told.items())},
        }

    def make(self, name: str, shape: Mapping[str, Any]) -> bool:
        """Make a topic; return False, and change nothing, when one of that name is there."""
        asked = {
            "num_partitions": shape["partitions"],
            "replication_factor": shape["replication"],
            "configs": dict(shape["configs"]),
        }
        try:
            self._client.create_topics({name: asked})
        except TopicAlreadyExistsError:
            return False
        self._client.wait_for_topics([name], timeout_ms=1000 * _PATIENCE_SECONDS)
        return True


@contextmanager
def brokers() -> Iterator[Brokers]:
    """Give the brokers, and close the connections in the end."""
    client = KafkaAdminClient(**load_settings().kafka.client_options())
    try:
        yield Brokers(client)
    finally:
        client.close()


class Log:
    """Read a topic as a group does that deals out its partitions itself, and lay letters aside."""

    def __init__(self, topic: str, group: str, dead: str) -> None:
        self.topic, self._dead = topic, dead
        options = load_settings().kafka.client_options()
        self._consumer = KafkaConsumer(**options, group_id=group, enable_auto_commit=False)
        self._producer = KafkaProducer(**options, acks="all")
        until = time.monotonic() + _PATIENCE_SECONDS
        while not (numbers := self._consumer.partitions_for_topic(topic)):
            if time.monotonic() > until:
                raise NotUp(f"There is no topic {topic}: make it first.")
            time.sleep(_POLL_MILLISECONDS / 1000)
        self._places = {number: TopicPartition(topic, number) for number in sorted(numbers)}
        self._consumer.assign(list(self._places.values()))

    def partitions(self) -> list[int]:
        """Return the numbers of the partitions."""
        return list(self._places)

    def committed(self, partition: int) -> int:
        """Return the offset that the group goes on with, 0 where it never committed."""
        return self._consumer.committed(self._places[partition]) or 0

    def read(self, partition: int, start: int) -> list[dict[str, Any]]:
        """Return the records from offset `start` to the present end, in order.

        Each is a dict: `offset`, `key` (bytes or None), `value` (bytes), `arrived` (seconds).
        """
        place = self._places[partition]
        end = self._consumer.end_offsets([place])[place]
        self._consumer.assign([place])
        self._consumer.seek(place, start)
        found: list[dict[str, Any]] = []
        while self._consumer.position(place) < end:
            for raw in self._consumer.poll(timeout_ms=_POLL_MILLISECONDS).get(place, []):
                found.append(
                    {
                        "offset": raw.offset,
                        "key": raw.key,
                        "value": raw.value,
                        "arrived": raw.timestamp / 1000,
                    }
                )
        self._consumer.assign(list(self._places.values()))
        return [one for one in found if one["offset"] < end]

    def lay_aside(self, letter: Mapping[str, Any]) -> None:
        """Write a dead letter, and return when all replicas in sync have it.

        Its value is the record's, byte for byte. Its key is its place, so that a letter that is
        written twice can be told from two letters; the record's own key is in a header.
        """
        place = f"{letter['topic']}/{letter['partition']}/{letter['offset']}"
        headers = [("problems", json.dumps(letter["problems"], sort_keys=True).encode())]
        if letter["key"] is not None:
            headers.append(("key", letter["key"]))
        sent = self._producer.send(
            self._dead, key=place.encode(), value=letter["value"], headers=headers
        )
        sent.get(timeout=_PATIENCE_SECONDS)

    def commit(self, partition: int, offset: int) -> None:
        """Let the group go on with `offset`, whoever works for it then."""
        self._consumer.commit({self._places[partition]: OffsetAndMetadata(offset, "", -1)})

    def close(self) -> None:
        """Leave the brokers."""
        self._consumer.close()
        self._producer.close(timeout=5)


@contextmanager
def log(topic: str, group: str, dead: str) -> Iterator[Log]:
    """Give the log of a topic for a group, with its topic of dead letters."""
    found = Log(topic, group, dead)
    try:
        yield found
    finally:
        found.close()


def publish(topic: str, records: list[tuple[str | None, bytes]]) -> None:
    """Write keys and values, and return when all replicas in sync have them."""
    client = KafkaProducer(**load_settings().kafka.client_options(), acks="all")
    sent = [client.send(topic, key=k.encode() if k else None, value=v) for k, v in records]
    for future in sent:
        future.get(timeout=_PATIENCE_SECONDS)
    client.close(timeout=5)


def store() -> S3Store:
    """Return the bucket of this run, or your own: put, put_if_absent, get, listed."""
    found = S3Store(load_settings().s3, os.environ.get("LAB_S3_BUCKET") or in_space("lake", "-"))
    found.make_bucket()
    return found


def documents() -> "psycopg.Connection[Any]":
    """Return a connection that commits each statement, with the table `recent` made."""
    connection = psycopg.connect(
        **load_settings().postgres.client_options(), autocommit=True, connect_timeout=10
    )
    there = connection.execute("SELECT to_regclass(current_schema() || '.recent')").fetchone()
    # To make an index waits for all who write, even where it is there already.
    if there == (None,):
        connection.execute(
            "CREATE TABLE IF NOT EXISTS recent (card bigint PRIMARY KEY, at timestamptz NOT NULL,"
            " number bigint NOT NULL, document jsonb NOT NULL, expires timestamptz NOT NULL)"
        )
        connection.execute("CREATE INDEX IF NOT EXISTS recent_expires ON recent (expires)")
    return connection
