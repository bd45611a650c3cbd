"""What the checks do on the brokers themselves: plant topics and records, read what is there."""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, TopicAlreadyExistsError
from kafka.structs import OffsetAndMetadata
from payments import as_bytes

from autograder.checks import Run
from infra.events.answering import answering
from infra.run_space.space import SPACE_VARIABLE, in_space
from infra.settings import Kafka
from infra.settings.exporting import settings_told
from infra.stack.whole_cluster import Breakable, alone, whole

_PATIENCE_SECONDS = 120.0
_SECONDS_TO_BE_SHOWN = 30.0
_POLL_SECONDS = 0.2


@dataclass
class Ground:
    """Stand for names on the brokers that a single check has to itself."""

    kafka: Kafka
    name: str
    cluster: Breakable | None = None
    topics: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.admin = KafkaAdminClient(**self.options)

    @property
    def options(self) -> dict[str, Any]:
        """Return what clients must be told; one of them may ask while a broker is starting."""
        awake = list(answering(self.kafka.bootstrap)) or list(self.kafka.bootstrap)
        told: dict[str, Any] = {"bootstrap_servers": awake, "reconnect_backoff_max_ms": 1000}
        told["bootstrap_timeout_ms"] = round(1000 * _PATIENCE_SECONDS)
        return self.kafka.client_options() | told

    def is_there(self, topic: str) -> bool:
        """Say whether the brokers know the topic; wait a moment until they all were told."""
        until = time.monotonic() + _SECONDS_TO_BE_SHOWN
        while topic not in retried(self.admin.list_topics):
            if time.monotonic() > until:
                return False
            time.sleep(_POLL_SECONDS)
        return True

    def near(self, word: str) -> str:
        """Return a name, for a topic or a group, that is this check's alone."""
        name = f"{self.name}-{word}"
        if name not in self.topics:
            self.topics.append(name)
        return name

    def topic(self, word: str, partitions: int = 1, **settings: str) -> str:
        """Make a topic with three replicas of each partition and return its name."""
        told = {key.replace("_", "."): value for key, value in settings.items()}
        shape = {"num_partitions": partitions, "replication_factor": 3, "configs": told}
        return self.topic_of_shape(word, shape)

    def topic_of_shape(self, word: str, shape: Mapping[str, Any]) -> str:
        """Make a topic as the admin client takes it and return its name."""
        name = self.near(word)
        with suppress(TopicAlreadyExistsError):
            # A client that waits too long for slow brokers asks again, and meets its own topic.
            self.admin.create_topics({name: dict(shape)})
        retried(lambda: self.admin.wait_for_topics([name]))
        return name

    def put(self, topic: str, events: Sequence[Mapping[str, Any]]) -> None:
        """Write payments as they should be written: by wallet, acknowledged by all in sync."""
        self.put_records(
            topic, [(one["wallet"].encode(), as_bytes(dict(one)), []) for one in events]
        )

    def put_records(
        self, topic: str, records: Sequence[tuple[bytes | None, bytes, list[tuple[str, bytes]]]]
    ) -> None:
        """Write keys, values and headers, and wait until they are acknowledged."""
        client = KafkaProducer(**self.options, acks="all")
        sent = [client.send(topic, key=k, value=v, headers=h or None) for k, v, h in records]
        for future in sent:
            future.get(timeout=_PATIENCE_SECONDS)
        client.close(timeout=5)

    def places(self, topic: str) -> list[TopicPartition]:
        """Return the topic's partitions, in order."""
        [found] = retried(lambda: self.admin.describe_topics([topic]))
        return [TopicPartition(topic, n) for n in range(len(found["partitions"]))]

    def read(self, topic: str, expected: int = 0) -> list[Any]:
        """Return every record that the topic has now, partition by partition.

        A record is shown to readers once all replicas in sync have it: wait a moment for as many
        as are `expected`.
        """
        until = time.monotonic() + _SECONDS_TO_BE_SHOWN
        while self.count(topic) < expected and time.monotonic() < until:
            time.sleep(_POLL_SECONDS)
        client = KafkaConsumer(**self.options)
        try:
            places = self.places(topic)
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

    def count(self, topic: str) -> int:
        """Return how many records were ever written into the topic."""
        return sum(self.ends(topic).values())

    def ends(self, topic: str) -> dict[int, int]:
        """Return the offset behind the last record of each partition."""
        client = KafkaConsumer(**self.options)
        try:
            found = client.end_offsets(self.places(topic))
        finally:
            client.close()
        return {place.partition: offset for place, offset in found.items()}

    def committed(self, topic: str, group: str) -> dict[int, int]:
        """Return the offset that the group has committed for each partition; 0 for none."""
        places = self.places(topic)
        known = retried(lambda: self.admin.list_group_offsets({group: places})[group])
        found = {place: known.get(place) for place in places}
        return {p.partition: max(0, one.offset) if one else 0 for p, one in found.items()}

    def commit(self, topic: str, group: str, offsets: Mapping[int, int]) -> None:
        """Commit these offsets in the name of the group, which has no members."""
        told = {TopicPartition(topic, p): OffsetAndMetadata(o, "", -1) for p, o in offsets.items()}
        retried(lambda: self.admin.alter_group_offsets(group, told))

    def settings(self, topic: str) -> dict[str, str]:
        """Return the settings that were given to this very topic."""
        asked = [ConfigResource(ConfigResourceType.TOPIC, topic)]
        told = retried(lambda: self.admin.describe_configs(asked, config_filter="modified"))
        found = told["topic"][topic]
        return {key: str(one["value"]) for key, one in found.items() if _is_own(one)}

    def was_joined(self, group: str) -> bool:
        """Say whether the group ever had a member, and not only commits."""
        told = retried(lambda: self.admin.describe_groups([group]))
        return bool(told[group]["protocol_type"])

    def coordinator(self, group: str) -> int:
        """Return the number of the broker that keeps the group's offsets."""
        [topic] = self.admin.describe_topics(["__consumer_offsets"])
        digest = 0
        for letter in group:
            # As Java hashes a text, by which Kafka chooses the partition.
            digest = (31 * digest + ord(letter)) & 0xFFFFFFFF
        number = (digest & 0x7FFFFFFF) % len(topic["partitions"])
        [one] = [p for p in topic["partitions"] if p["partition_index"] == number]
        return int(one["leader_id"])

    def clear(self) -> None:
        """Delete what this check's names stand for."""
        try:
            there = [name for name in self.admin.list_topics() if name.startswith(self.name)]
            if there:
                self.admin.delete_topics(there, raise_errors=False)
        except KafkaError:
            # The run's whole space is dropped after it; this only keeps it small.
            return
        finally:
            self.admin.close()


@contextmanager
def ground(run: Run, *, to_break: bool = False) -> Iterator[Ground]:
    """Give a check names of its own; nobody breaks the cluster meanwhile but, if told, itself."""
    # Clients tell of every lost connection, and brokers that are killed lose many.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    kafka = settings_told(run.variables).kafka
    word = f"check-{secrets.token_hex(4)}"
    space = run.variables.get(SPACE_VARIABLE)
    name = f"{space}.{word}" if space else in_space(word)
    if to_break:
        with alone(kafka) as cluster:
            own = Ground(kafka, name, cluster)
            try:
                yield own
            finally:
                cluster.mend()
                own.clear()
        return
    with whole(kafka):
        own = Ground(kafka, name)
        try:
            yield own
        finally:
            own.clear()


@contextmanager
def beside(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """Do `work` in a thread while the block asks the notebook; raise what went wrong in it.

    The event that it is given is set when the block is left.
    """
    over, wrong = threading.Event(), []

    def guarded() -> None:
        try:
            work(over)
        except Exception as error:
            wrong.append(error)

    thread = threading.Thread(target=guarded, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(_PATIENCE_SECONDS)
    if wrong:
        raise wrong[0]


def until(is_so: Callable[[], bool], over: threading.Event) -> bool:
    """Wait until it is so and say True, or until the work beside it is over and say False."""
    while not retried(is_so):
        if over.wait(_POLL_SECONDS):
            return False
    return True


def retried(ask: Callable[[], Any]) -> Any:
    """Ask the brokers again and again while one of them is away."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return ask()
        except KafkaError:
            if time.monotonic() > end:
                raise
            time.sleep(_POLL_SECONDS)


def _is_own(setting: Mapping[str, Any]) -> bool:
    return "TOPIC" in str(setting.get("config_source", setting.get("source", ""))).upper()
