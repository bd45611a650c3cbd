"""Read records as a member of a group: nothing is committed that was not handed back as done."""

import logging
import math
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kafka.consumer.subscription_state import AsyncConsumerRebalanceListener
from kafka.errors import FencedInstanceIdError, KafkaError, RetriableError
from kafka.structs import ConsumerGroupMetadata, OffsetAndMetadata, TopicPartition

from infra.events.client_options import consumer_options
from infra.events.configuration import MILLISECONDS, ConsumerConfig
from infra.events.errors import EventsError, FencedError, UnavailableError
from infra.events.headers import Failure
from infra.events.metrics import EventMetrics
from infra.events.records import Offsets
from infra.events.steady_consumer import SteadyConsumer
from infra.settings import Kafka

log = logging.getLogger(__name__)
_COMMIT_SECONDS = 10.0
_SECONDS_BETWEEN_MEASURES = 1.0
_SECONDS_BETWEEN_ATTEMPTS = 0.1


class Intake:
    """Wrap a consumer: due records come out, progress goes in, rebalances lose nothing.

    A partition whose next record is not due yet is paused, so that others go on meanwhile.
    """

    def __init__(
        self,
        kafka: Kafka,
        config: ConsumerConfig,
        topics: Sequence[str],
        metrics: EventMetrics,
        *,
        assigned: Callable[[Sequence[TopicPartition]], None] = lambda partitions: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Join the group; raise UnavailableError when no broker answers.

        `assigned` is told, while `poll` waits, of partitions that others may have worked on since.
        """
        self._config = config
        self._metrics = metrics
        self._assigned = assigned
        self._clock = clock
        self._done: dict[TopicPartition, OffsetAndMetadata] = {}
        self._held: dict[TopicPartition, float] = {}
        self._measured = 0.0
        self._committed_at = clock()
        try:
            self._consumer = SteadyConsumer(**consumer_options(kafka, config))
            missing = sorted(set(topics) - self._consumer.topics())
        except KafkaError as error:
            raise UnavailableError(f"No broker of {kafka.bootstrap} answers: {error}") from error
        if missing:
            self._consumer.close()
            raise EventsError(
                f"There is no topic {', '.join(missing)}: make_topics makes it,"
                " make_group_topics those for retries."
            )
        self._consumer.subscribe(list(topics), listener=_Listener(self))

    def poll(self) -> list[Any]:
        """Return records that are due, in the order of their partitions; empty after a while."""
        now = self._clock()
        for partition, due in list(self._held.items()):
            if due <= now:
                del self._held[partition]
                self._consumer.resume(partition)
        wait = min([self._config.poll_seconds, *(due - now for due in self._held.values())])
        try:
            found = self._consumer.poll(timeout_ms=round(max(wait, 0.0) * MILLISECONDS))
        except FencedInstanceIdError as error:
            raise FencedError(
                f"Another member of {self._config.group} is called {self._config.instance!r}."
            ) from error
        except RetriableError as error:
            log.warning("%s could not read: %s", self._config.group, error)
            time.sleep(_SECONDS_BETWEEN_ATTEMPTS)
            return []
        ready: list[Any] = []
        for partition, records in found.items():
            ready += self._due(partition, records)
        return ready

    def commit(self, offsets: Offsets | None = None, *, at_once: bool = False) -> None:
        """Note what is done, and commit it when it is time; what fails is with the next."""
        self._done |= offsets or {}
        now = self._clock()
        is_time = at_once or not 0 <= now - self._committed_at < self._config.commit_seconds
        if not self._done or not is_time:
            return
        self._committed_at = now
        try:
            self._consumer.commit(dict(self._done), timeout_ms=_COMMIT_SECONDS * MILLISECONDS)
        except KafkaError as error:
            # Done is done: at worst it is delivered again, and recognised by its id.
            self._metrics.commit_failed()
            log.warning("%s could not commit: %s", self._config.group, error)
        else:
            self._done.clear()

    def hold(self) -> None:
        """Read nothing of what is assigned now, until `release`; the membership lives on."""
        for partition in self._consumer.assignment() or ():
            self._consumer.pause(partition)
            self._held[partition] = math.inf

    def release(self) -> None:
        """Read again what `hold` held."""
        for partition in [one for one, due in self._held.items() if due == math.inf]:
            del self._held[partition]
            self._consumer.resume(partition)

    def rewind(self, records: Iterable[Any], *, to_committed: bool = False) -> None:
        """Go back to the first of these records in each partition that was held and never left us.

        With `to_committed`, go to what the group has committed. Raise UnavailableError when that
        cannot be asked. A partition that left and came back begins at what was committed anyway.
        """
        first: dict[TopicPartition, int] = {}
        for record in records:
            partition = TopicPartition(record.topic, record.partition)
            first[partition] = min(record.offset, first.get(partition, record.offset))
        for partition, offset in first.items():
            if self._held.get(partition) == math.inf:
                known = self._committed(partition) if to_committed else None
                self._consumer.seek(partition, offset if known is None else known)

    def _committed(self, partition: TopicPartition) -> int | None:
        patience = round(_COMMIT_SECONDS * MILLISECONDS)
        try:
            known: int | None = self._consumer.committed(partition, timeout_ms=patience)
        except KafkaError as error:
            raise UnavailableError(
                f"What {self._config.group} has committed cannot be asked: {error}"
            ) from error
        return known

    def membership(self) -> ConsumerGroupMetadata:
        """Return what proves to the broker that this member is of the group's present state."""
        return self._consumer.group_metadata()

    def measure_lag(self) -> None:
        """Tell the metrics how far behind each partition is, at most once a second."""
        now = self._clock()
        if 0 <= now - self._measured < _SECONDS_BETWEEN_MEASURES:
            return
        self._measured = now
        for partition in self._consumer.assignment() or ():
            end = self._consumer.highwater(partition)
            if end is None:
                continue
            try:
                # Without time it asks nobody; it is known already wherever records were read.
                position = self._consumer.position(partition, timeout_ms=0)
            except KafkaError:
                continue
            if position is not None:
                self._metrics.lag(partition, max(0, end - position))

    def close(self) -> None:
        """Commit what is done and leave the group; a static member stays in it by intention."""
        self.commit(at_once=True)
        # What could not be committed now is delivered again; the hook at the end of the membership
        # would wait for a coordinator without end.
        self._done.clear()
        try:
            self._consumer.close(timeout_ms=_COMMIT_SECONDS * MILLISECONDS)
        except KafkaError as error:
            log.warning("%s could not leave in order: %s", self._config.group, error)

    async def give_up(self, partitions: Iterable[TopicPartition]) -> None:
        """Commit what is done of partitions that are about to be another member's.

        Runs on the client's own thread while the loop waits in `poll` or `close`.
        """
        leaving = set(partitions)
        last = {one: offset for one, offset in self._done.items() if one in leaving}
        if last:
            try:
                await self._consumer.commit_async(last)
            except KafkaError as error:
                self._metrics.commit_failed()
                log.warning("%s could not commit what it gives up: %s", self._config.group, error)
        self.forget(leaving)

    def take_over(self, partitions: Iterable[TopicPartition]) -> None:
        """Count an assignment, and pass on which partitions it brought."""
        self._metrics.assigned()
        self._assigned(list(partitions))

    def forget(self, partitions: Iterable[TopicPartition]) -> None:
        """Drop all that was known of partitions that are no longer ours."""
        leaving = list(partitions)
        for one in leaving:
            self._done.pop(one, None)
            self._held.pop(one, None)
        self._metrics.forget(leaving)

    def _due(self, partition: TopicPartition, records: Sequence[Any]) -> Sequence[Any]:
        now = self._clock()
        for place, record in enumerate(records):
            failure = Failure.of(record.headers) if record.headers else None
            if failure is not None and failure.not_before > now:
                self._consumer.pause(partition)
                self._consumer.seek(partition, record.offset)
                self._held[partition] = failure.not_before
                return records[:place]
        return records


class _Listener(AsyncConsumerRebalanceListener):  # type: ignore[misc]
    """Pass on what the client tells; a commit that blocks cannot be asked for on its thread."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        await self._intake.give_up(revoked)

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._intake.take_over(assigned)

    async def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
        # Another member has them already, so a commit would be refused.
        self._intake.forget(lost)
