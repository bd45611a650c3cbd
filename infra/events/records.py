"""Events on their way: received from a topic, handled, and going out."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from kafka.structs import OffsetAndMetadata, TopicPartition

from infra.events.contract import Envelope, Payload

P = TypeVar("P", bound=Payload)
Headers = tuple[tuple[str, bytes], ...]
Offsets = Mapping[TopicPartition, OffsetAndMetadata]


@dataclass(frozen=True)
class Record:
    """Hold what Kafka is given: bytes, whatever they mean."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


@dataclass(frozen=True)
class Received(Generic[P]):
    """Hold an event with the place it was read from; `attempt` is 1 the first time it is tried.

    `topic`, `partition` and `offset` tell where it was first published, also when it comes from a
    retry topic. `sent` is the record's own time, in seconds since 1970; infinite where unknown.
    """

    event: Envelope[P]
    topic: str
    key: bytes | None
    attempt: int = 1
    partition: int = 0
    offset: int = 0
    sent: float = math.inf


@dataclass(frozen=True)
class Outgoing:
    """Hold an event to publish; equal keys keep their order, since they share a partition."""

    topic: str
    key: str
    event: Envelope[Any]


@dataclass(frozen=True)
class Handled:
    """Hold a received event with what processing made of it."""

    received: Received[Any]
    outgoing: tuple[Outgoing, ...]


@dataclass(frozen=True)
class Work:
    """Hold a handled event with the record it was consumed as and those to publish for it."""

    raw: Any
    handled: Handled
    records: tuple[Record, ...]


Process = Callable[[Received[Any]], Sequence[Outgoing]]
# One answer for each event, in their order: what to publish for it, or why it failed.
Answers = Sequence[Sequence[Outgoing] | Exception]


@dataclass(frozen=True)
class Together:
    """Process what one poll brought in one call, where that is cheaper than one by one.

    What `process` raises is the failure of all of them; an error in an answer is that event's.
    """

    process: Callable[[Sequence[Received[Any]]], Answers]


def offsets_after(raws: Iterable[Any]) -> dict[TopicPartition, OffsetAndMetadata]:
    """Return for each partition the offset behind its last record, which is what is committed."""
    return {
        TopicPartition(raw.topic, raw.partition): OffsetAndMetadata(raw.offset + 1, "", -1)
        for raw in raws
    }
