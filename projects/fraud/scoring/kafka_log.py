"""Read a log by offsets, outside every group: to rebuild what was computed from it."""

from collections.abc import Iterator
from typing import Any, Self

from kafka import KafkaConsumer
from kafka.errors import KafkaError
from kafka.structs import TopicPartition

from infra.events.errors import UnavailableError
from infra.settings import Kafka

_POLL_MILLISECONDS = 500
_QUIET_POLLS = 60
_MILLISECONDS = 1000
_RECORDS = 5_000


class KafkaLog:
    """Read records that are committed, partition by partition; one thread at a time.

    Every method raises UnavailableError when brokers do not answer.
    """

    def __init__(self, kafka: Kafka) -> None:
        self._brokers = ",".join(kafka.bootstrap)
        try:
            self._consumer = KafkaConsumer(
                **kafka.client_options(),
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                isolation_level="read_committed",
                allow_auto_create_topics=False,
                max_poll_records=_RECORDS,
            )
        except KafkaError as error:
            raise self._unavailable(error) from error

    def partitions(self, topic: str) -> list[int]:
        """Return the numbers of a topic's partitions, none where there is no such topic."""
        try:
            return sorted(self._consumer.partitions_for_topic(topic) or ())
        except KafkaError as error:
            raise self._unavailable(error) from error

    def bounds(self, topic: str, partition: int) -> tuple[int, int]:
        """Return the first offset that is kept, and the one behind the last."""
        place = TopicPartition(topic, partition)
        try:
            first = self._consumer.beginning_offsets([place])[place]
            return first, self._consumer.end_offsets([place])[place]
        except KafkaError as error:
            raise self._unavailable(error) from error

    def offset_at(self, topic: str, partition: int, seconds: float) -> int:
        """Return the first offset whose record was sent at or after a time since 1970."""
        place = TopicPartition(topic, partition)
        try:
            found = self._consumer.offsets_for_times({place: round(seconds * _MILLISECONDS)})[place]
        except KafkaError as error:
            raise self._unavailable(error) from error
        return self.bounds(topic, partition)[1] if found is None else int(found.offset)

    def read(self, topic: str, partition: int, start: int, stop: int) -> Iterator[Any]:
        """Yield the records with start <= offset < stop that are still kept.

        One reading at a time: finish with it before anything else is asked.
        """
        place = TopicPartition(topic, partition)
        first, end = self.bounds(topic, partition)
        start, stop = max(start, first), min(stop, end)
        if start >= stop:
            return
        try:
            self._consumer.assign([place])
            self._consumer.seek(place, start)
            quiet = 0
            while self._consumer.position(place) < stop:
                found = self._consumer.poll(timeout_ms=_POLL_MILLISECONDS).get(place, ())
                quiet = 0 if found else quiet + 1
                if quiet > _QUIET_POLLS:
                    raise UnavailableError(f"{topic} gives nothing, though {stop} is not reached.")
                for record in found:
                    if record.offset >= stop:
                        return
                    yield record
        except KafkaError as error:
            raise self._unavailable(error) from error

    def close(self) -> None:
        self._consumer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *rest: object) -> None:
        self.close()

    def _unavailable(self, error: KafkaError) -> UnavailableError:
        return UnavailableError(f"The log at {self._brokers} cannot be read: {error}")
