"""Hand out labels by their offset, to readers of one process that are at different places."""

import logging
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, Protocol, Self

from kafka import KafkaConsumer
from kafka.errors import KafkaError
from kafka.structs import TopicPartition

from infra.events.errors import ContractError, EventsError, UnavailableError
from infra.settings import Kafka
from projects.fraud.contracts import CONTRACTS, Label

log = logging.getLogger(__name__)
_POLL_MILLISECONDS = 500
_KEPT = 20_000


class Labels(Protocol):
    """Be the log of labels."""

    def get(self, position: int) -> tuple[int, Label | None] | None:
        """Return the first record at or behind `position` with its offset; None at the end.

        A record that is no label is None.
        """
        ...


class LabelLog:
    """Read the one partition of labels, outside every group; one thread at a time.

    The end is looked up when this is made, and moves on with `refresh`. Every method raises
    UnavailableError when brokers do not answer.
    """

    def __init__(self, kafka: Kafka, topic: str, *, kept: int = _KEPT) -> None:
        """Raise EventsError unless the topic has exactly one partition."""
        self._brokers, self._kept = ",".join(kafka.bootstrap), kept
        self._place = TopicPartition(topic, 0)
        self._offsets: list[int] = []
        self._labels: list[Label | None] = []
        # Nothing from `_since` on was let go; `_next` is read next, `_asked` was asked for last.
        self._since = self._next = self._asked = 0
        try:
            self._consumer = KafkaConsumer(
                **kafka.client_options(),
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                isolation_level="read_committed",
                allow_auto_create_topics=False,
            )
            self._require_one(self._consumer.partitions_for_topic(topic))
            self._consumer.assign([self._place])
            self._consumer.seek_to_beginning(self._place)
            self._since = self._next = self._consumer.position(self._place)
            self._end = self._consumer.end_offsets([self._place])[self._place]
        except KafkaError as error:
            raise self._unavailable(error) from error

    def refresh(self) -> None:
        """Take in what has arrived by now, without waiting, as far as it is soon asked for."""
        while self._next - self._asked < self._kept // 2 and self._poll(0):
            pass
        self._end = max(self._end, self._next)

    def get(self, position: int) -> tuple[int, Label | None] | None:
        """Return the first record at or behind `position` with its offset; None at the end."""
        self._asked = position
        if not self._since <= position <= self._next:
            self._go_to(position)
        while not self._offsets or self._offsets[-1] < position:
            if self._next >= self._end:
                return None
            self._poll(_POLL_MILLISECONDS)
        place = bisect_left(self._offsets, position)
        return self._offsets[place], self._labels[place]

    def close(self) -> None:
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *rest: object) -> None:
        self.close()

    def _poll(self, milliseconds: int) -> bool:
        try:
            found = self._consumer.poll(timeout_ms=milliseconds).get(self._place, ())
            self._take(found)
            self._next = self._consumer.position(self._place)
        except KafkaError as error:
            raise self._unavailable(error) from error
        return bool(found)

    def _take(self, records: Sequence[Any]) -> None:
        for record in records:
            self._offsets.append(record.offset)
            self._labels.append(read_label(record))
        # Never what is asked for now, however much one poll brought.
        gone = min(len(self._offsets) - self._kept, bisect_left(self._offsets, self._asked))
        if gone > self._kept:
            del self._offsets[:gone], self._labels[:gone]
            self._since = self._offsets[0]

    def _go_to(self, position: int) -> None:
        try:
            first = self._consumer.beginning_offsets([self._place])[self._place]
            self._consumer.seek(self._place, max(position, first))
        except KafkaError as error:
            raise self._unavailable(error) from error
        self._offsets, self._labels = [], []
        self._since, self._next = position, max(position, first)

    def _require_one(self, partitions: set[int] | None) -> None:
        if partitions != {0}:
            raise EventsError(
                f"{self._place.topic} has the partitions {sorted(partitions or ())}; it must have "
                "exactly one, since the order of labels decides which of two counts: make it anew "
                "with `make_scoring_topics`."
            )

    def _unavailable(self, error: KafkaError) -> UnavailableError:
        return UnavailableError(f"Labels at {self._brokers} cannot be read: {error}")


def read_label(record: Any) -> Label | None:
    """Return the label of a consumed record; None, with a warning, for what is none."""
    try:
        data = CONTRACTS.read(record.value).data
    except ContractError as error:
        log.warning("offset %d of %s is no label: %s", record.offset, record.topic, error)
        return None
    if not isinstance(data, Label):
        return None
    if data.payment_at > data.known_at:
        log.warning(
            "offset %d: %d was known before it happened", record.offset, data.transaction_id
        )
        return None
    return data
