"""The log of this lab on Kafka: topics, records, and a scorer's way to both."""

import logging
import time
from collections.abc import Iterable, Mapping
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError, TopicAlreadyExistsError
from kafka.structs import OffsetAndMetadata
from logs import PARTITIONS, SOURCES, TOPICS, Crash, Message, NotTaken, Receipt, Record

from infra.settings import load_settings

_PATIENCE_SECONDS = 60.0
_MOST_OPERATIONS = 50_000
# At the end of a topic a broker keeps the question for so long, and others behind it wait.
_PROMPT = {"fetch_max_wait_ms": 50}


class BrokerIsDown(ConnectionError):  # noqa: N818
    """Say in one sentence that no broker answers, and what to do."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def connect() -> str:
    """Return the broker's address; raise BrokerIsDown where none answers."""
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    address = ", ".join(load_settings().kafka.bootstrap)
    try:
        KafkaAdminClient(**client_options() | {"bootstrap_timeout_ms": 5_000}).close()
    except KafkaError:
        raise BrokerIsDown(
            f"No broker answers at {address}: type `lab up kafka` in a terminal, then run this "
            "cell again."
        ) from None
    return address


def client_options() -> dict[str, Any]:
    """Return what every client must be told to find the broker."""
    return load_settings().kafka.client_options()


def make_topics(prefix: str, options: Mapping[str, Any] | None = None) -> None:
    """Make the lab's topics, called PREFIX-payments and so on; those that are there stay."""
    admin = KafkaAdminClient(**(options or client_options()))
    names = [f"{prefix}-{topic}" for topic in TOPICS]
    try:
        for name in names:
            try:
                admin.create_topics({name: {"num_partitions": PARTITIONS, "replication_factor": 1}})
            except TopicAlreadyExistsError:
                continue
        admin.wait_for_topics(names)
    finally:
        admin.close()


def put_records(
    prefix: str,
    topic: str,
    records: Iterable[tuple[bytes, bytes]],
    options: Mapping[str, Any] | None = None,
) -> None:
    """Write keys and values into a topic, and wait until they are acknowledged."""
    client = KafkaProducer(**(options or client_options()), acks="all")
    try:
        sent = [client.send(f"{prefix}-{topic}", key=key, value=value) for key, value in records]
        for future in sent:
            future.get(timeout=_PATIENCE_SECONDS)
    finally:
        client.close(timeout=5)


def read_topic(prefix: str, topic: str, options: Mapping[str, Any] | None = None) -> list[Record]:
    """Return all that a topic has now, by partition and offset."""
    client = KafkaConsumer(**_PROMPT, **(options or client_options()))
    try:
        places = [TopicPartition(f"{prefix}-{topic}", number) for number in range(PARTITIONS)]
        return _read(client, topic, dict.fromkeys(places, 0), client.end_offsets(places))
    finally:
        client.close()


class KafkaLog:
    """Be for Kafka what `logs.MemoryLog` is in memory; close it after use.

    `settings` are the learner's: what consumer and producer are told beside where the broker is.
    The group is PREFIX-scorer. Operation `crash_at`, counted from 1, raises Crash.
    """

    def __init__(self, prefix: str, settings: Mapping[str, Any], crash_at: int = 0) -> None:
        self._prefix, self._crash_at, self._operations = prefix, crash_at, 0
        options = client_options()
        self._producer = KafkaProducer(**{**settings["producer"], **options})
        told = {**_PROMPT, **settings["consumer"], **options, "group_id": f"{prefix}-scorer"}
        self._consumer = KafkaConsumer(**told)
        self._places = [
            TopicPartition(f"{prefix}-{topic}", number)
            for topic in SOURCES
            for number in range(PARTITIONS)
        ]
        self._consumer.assign(self._places)

    def history(self) -> list[Record]:
        """Return the records before what is committed: payments first, each partition in order."""
        found: list[Record] = []
        for topic in SOURCES:
            ends = {
                place: self._consumer.committed(place) or 0
                for place in self._places
                if place.topic == f"{self._prefix}-{topic}"
            }
            client = KafkaConsumer(**_PROMPT, **client_options())
            try:
                found += _read(client, topic, dict.fromkeys(ends, 0), ends)
            finally:
                client.close()
        return found

    def read(self, topic: str) -> list[Record]:
        """Return all that a topic has now, by partition and offset."""
        return read_topic(self._prefix, topic)

    def poll(self) -> list[Record]:
        """Return the next records of `payments` and `retry`; none when all were returned."""
        self._operation()
        until = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < until:
            found = self._consumer.poll(timeout_ms=100, max_records=50)
            records = [one for some in found.values() for one in some]
            if records:
                return [_plain(one, one.topic.removeprefix(f"{self._prefix}-")) for one in records]
            ends = self._consumer.end_offsets(self._places)
            if all(self._consumer.position(place) >= ends[place] for place in self._places):
                return []
        raise TimeoutError("the broker gave no records, and did not say that there are none")

    def send(self, message: Message) -> Receipt:
        """Send a message, and return at once; messages of a key are taken in order."""
        self._operation()
        future = self._producer.send(
            f"{self._prefix}-{message['topic']}",
            key=message["key"],
            value=message["value"],
            headers=[(name, told.encode()) for name, told in message["headers"].items()],
        )

        def wait() -> None:
            self._operation()
            try:
                future.get(timeout=_PATIENCE_SECONDS)
            except KafkaError as error:
                raise NotTaken(str(error)) from error

        return Receipt(wait)

    def commit(self, offsets: Mapping[tuple[str, int], int]) -> None:
        """Commit, for some (topic, partition), the offset at which whoever comes next begins."""
        self._operation()
        told = {
            TopicPartition(f"{self._prefix}-{topic}", number): OffsetAndMetadata(offset, "", -1)
            for (topic, number), offset in offsets.items()
        }
        if told:
            self._consumer.commit(told)

    def close(self) -> None:
        """Leave the broker, as a process that ends does."""
        self._consumer.close()
        self._producer.close(timeout=5)

    def _operation(self) -> None:
        self._operations += 1
        if self._operations > _MOST_OPERATIONS:
            raise RuntimeError("the log was asked fifty thousand times: this would never end")
        if self._operations == self._crash_at:
            raise Crash(f"operation {self._operations}")


def _read(
    client: KafkaConsumer,
    topic: str,
    begins: Mapping[TopicPartition, int],
    ends: Mapping[TopicPartition, int],
) -> list[Record]:
    open_places = [place for place in ends if ends[place] > begins[place]]
    if not open_places:
        return []
    client.assign(open_places)
    for place in open_places:
        client.seek(place, begins[place])
    found: list[Record] = []
    until = time.monotonic() + _PATIENCE_SECONDS
    while any(client.position(place) < ends[place] for place in open_places):
        for place, records in client.poll(timeout_ms=100).items():
            found += [_plain(one, topic) for one in records if one.offset < ends[place]]
        if time.monotonic() > until:
            raise TimeoutError(f"{topic} could not be read to its end")
    return sorted(found, key=lambda record: (record["partition"], record["offset"]))


def _plain(record: Any, topic: str) -> Record:
    return {
        "topic": topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": record.key,
        "value": record.value,
        "headers": {name: told.decode() for name, told in record.headers or []},
    }
