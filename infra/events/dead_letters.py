"""Look at a group's dead letters, and put them back once what was wrong is mended."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from kafka import KafkaConsumer
from kafka.errors import KafkaError
from kafka.structs import TopicPartition

from infra.events.configuration import MILLISECONDS, ProducerConfig
from infra.events.contracts import Contracts
from infra.events.errors import UnavailableError
from infra.events.headers import Failure
from infra.events.producer import EventProducer
from infra.events.records import Headers, Record, offsets_after
from infra.events.routing import failure_of
from infra.events.topics import GroupTopics
from infra.settings import Kafka

_POLL_MILLISECONDS = 500
_QUIET_POLLS = 20


@dataclass(frozen=True)
class DeadLetter:
    """Hold an event that was given up, as bytes, with what is known of its failures."""

    failure: Failure
    key: bytes | None
    value: bytes | None
    headers: Headers

    @classmethod
    def of(cls, raw: Any) -> Self:
        return cls(failure_of(raw), raw.key, raw.value, tuple(raw.headers))


@dataclass(frozen=True)
class Replayed:
    """Tell how many letters were put back and how many were kept."""

    put_back: int
    kept: int


def waiting(kafka: Kafka, topics: GroupTopics) -> list[DeadLetter]:
    """Return the letters that wait, the oldest first; raise UnavailableError without brokers."""
    with _reader(kafka, topics) as consumer:
        return [DeadLetter.of(raw) for raws in _batches(consumer, topics) for raw in raws]


def replay(
    kafka: Kafka, topics: GroupTopics, *, select: Callable[[DeadLetter], bool] = lambda letter: True
) -> Replayed:
    """Put the selected letters back for the group to try again, with all their attempts.

    They go to the group's first retry topic, so that no other group meets them, and keep key,
    bytes and id. Others stay, behind the letters that are there. Each batch is one transaction:
    cut off half-way, nothing is put back twice or lost. Raise FencedError when another replay of
    the group begins meanwhile.
    """
    name = _replayer(topics)
    config = ProducerConfig(name=name, transactional_id=name)
    put_back = kept = 0
    with (
        _reader(kafka, topics) as consumer,
        EventProducer(kafka, config, Contracts(())) as producer,
    ):
        for raws in _batches(consumer, topics):
            with producer.transaction():
                for raw in raws:
                    letter = DeadLetter.of(raw)
                    chosen = select(letter)
                    put_back, kept = put_back + chosen, kept + (not chosen)
                    producer.send_record(
                        _again(letter, topics) if chosen else _kept(letter, topics)
                    )
                done = offsets_after(raws)
                producer.send_offsets(done, consumer.group_metadata())
    return Replayed(put_back, kept)


def _again(letter: DeadLetter, topics: GroupTopics) -> Record:
    headers = letter.failure.replayed().on(letter.headers)
    return Record(topics.retries[0], letter.key, letter.value, headers)


def _kept(letter: DeadLetter, topics: GroupTopics) -> Record:
    return Record(topics.dead, letter.key, letter.value, letter.headers)


def _replayer(topics: GroupTopics) -> str:
    return f"{topics.dead}.replay"


@contextmanager
def _reader(kafka: Kafka, topics: GroupTopics) -> Iterator[Any]:
    """Read the letters from where the last replay ended."""
    try:
        consumer = KafkaConsumer(
            **kafka.client_options(),
            group_id=_replayer(topics),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            allow_auto_create_topics=False,
        )
    except KafkaError as error:
        raise UnavailableError(f"No broker of {kafka.bootstrap} answers: {error}") from error
    try:
        partitions = consumer.partitions_for_topic(topics.dead)
        consumer.assign([TopicPartition(topics.dead, number) for number in sorted(partitions)])
        yield consumer
    except KafkaError as error:
        raise UnavailableError(f"{topics.dead} could not be read: {error}") from error
    finally:
        consumer.close(timeout_ms=10 * MILLISECONDS)


def _batches(consumer: Any, topics: GroupTopics) -> Iterator[list[Any]]:
    """Yield what was there when this began, and nothing that is written meanwhile."""
    ends = consumer.end_offsets(list(consumer.assignment()))
    left = {one for one, end in ends.items() if consumer.position(one) < end}
    quiet = 0
    while left:
        found = consumer.poll(timeout_ms=_POLL_MILLISECONDS)
        quiet = 0 if found else quiet + 1
        if quiet > _QUIET_POLLS:
            raise UnavailableError(f"{topics.dead} gives nothing, though records are left in it.")
        raws = [raw for one, records in found.items() for raw in records if raw.offset < ends[one]]
        if raws:
            yield raws
        left = {one for one in left if consumer.position(one) < ends[one]}
