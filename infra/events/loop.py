"""Consume, process, publish: the loop in which an event is lost never and visible once."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kafka.structs import TopicPartition

from infra.events.configuration import (
    MILLISECONDS,
    ConsumerConfig,
    OutageConfig,
    RetryConfig,
)
from infra.events.contracts import Contracts
from infra.events.delivery import Batch, Delivery
from infra.events.errors import EventsError, RejectedError, UnavailableError
from infra.events.intake import Intake
from infra.events.metrics import EventMetrics
from infra.events.records import (
    Answers,
    Handled,
    Outgoing,
    Process,
    Received,
    Record,
    Together,
    Work,
    offsets_after,
)
from infra.events.routing import Routing, failure_of
from infra.events.stopping import Stop
from infra.events.topics import GroupTopics
from infra.settings import Kafka

log = logging.getLogger(__name__)
# Brokers refuse more than this by default, their own overhead included.
_LARGEST_BYTES = 1_000_000


class Loop:
    """Handle the events of a group's topics until it is asked to stop.

    `process` makes events out of an event; it is given each at least once and must give the same
    for the same; `Together` is given a batch at once. What it raises sends that event to a retry
    topic and at last to the dead letters (RejectedError: at once). UnavailableError holds the
    batch until the service is back.
    """

    def __init__(
        self,
        kafka: Kafka,
        config: ConsumerConfig,
        contracts: Contracts,
        process: Process | Together,
        delivery: Delivery,
        *,
        retry: RetryConfig | None = None,
        outage: OutageConfig | None = None,
        metrics: EventMetrics | None = None,
        stop: Stop | None = None,
        assigned: Callable[[Sequence[TopicPartition]], None] = lambda partitions: None,
    ) -> None:
        """Be ready to run; `assigned` is told of partitions before their first record comes."""
        self._kafka = kafka
        self._config = config
        self._contracts = contracts
        self._process = process
        self._delivery = delivery
        self._retry = retry or RetryConfig()
        self._outage = outage or OutageConfig()
        self._metrics = metrics or EventMetrics(config.group)
        self._stop = stop or Stop()
        self._assigned = assigned
        self._topics = GroupTopics.of(config, self._retry)
        self._routing = Routing(self._topics, self._retry, self._metrics)
        self._failures = 0
        self._failing_since = 0.0
        self._unsettled: list[Any] = []
        self._settle_at = 0.0

    def run(self) -> None:
        """Work until the stop is asked for; then finish the batch, commit and leave the group.

        The group's topics must be there (`make_group_topics`). Raise UnavailableError when an
        outage outlasts OutageConfig, FencedError when another took this one's place.
        """
        names = [*self._config.topics, *self._topics.retries]
        intake = Intake(self._kafka, self._config, names, self._metrics, assigned=self._assigned)
        try:
            while not self._stop.is_asked:
                self._step(intake)
        finally:
            intake.close()

    def _step(self, intake: Intake) -> None:
        if self._unsettled and time.monotonic() >= self._settle_at:
            self._settle(intake)
        raws = intake.poll()
        intake.measure_lag()
        if not raws:
            # What could not be committed before may be committable now.
            intake.commit()
            return
        begun = time.monotonic()
        try:
            batch = self._handle(raws)
            self._delivery.deliver(batch, intake, self._routing.route)
        except UnavailableError as error:
            self._put_off(intake, raws, error)
            return
        self._failures = 0
        for topic, count in Counter(work.handled.received.topic for work in batch.done).items():
            self._metrics.handled(topic, count)
        self._metrics.batch(time.monotonic() - begun)

    def _handle(self, raws: Sequence[Any]) -> Batch:
        read: list[tuple[Any, Received[Any]]] = []
        done: list[Work] = []
        failed: list[tuple[Any, Exception]] = []
        for raw in raws:
            try:
                read.append((raw, self._received(raw)))
            except Exception as error:
                failed.append((raw, error))
        answers = self._answers([received for _, received in read])
        for (raw, received), answer in zip(read, answers, strict=True):
            try:
                if isinstance(answer, Exception):
                    raise answer
                outgoing = tuple(answer)
                records = tuple(_record(one, self._contracts) for one in outgoing)
                done.append(Work(raw, Handled(received, outgoing), records))
            except UnavailableError:
                raise
            except Exception as error:
                failed.append((raw, error))
        for raw, reason in failed:
            log.info("an event of %s failed: %r", raw.topic, reason)
        return Batch(done, failed, offsets_after(raws))

    def _answers(
        self, received: Sequence[Received[Any]]
    ) -> Iterable[Sequence[Outgoing] | Exception]:
        if not isinstance(self._process, Together):
            return (_answer(self._process, one) for one in received)
        return _answers_together(self._process, received) if received else ()

    def _received(self, raw: Any) -> Received[Any]:
        event, sent = self._contracts.read(raw.value), raw.timestamp / MILLISECONDS
        if not raw.headers:
            return Received(event, raw.topic, raw.key, 1, raw.partition, raw.offset, sent)
        failure = failure_of(raw)
        origin = failure.origin
        attempt = failure.attempts + 1
        place = origin.partition, origin.offset
        return Received(event, origin.topic, raw.key, attempt, *place, sent)

    def _put_off(self, intake: Intake, raws: Sequence[Any], error: UnavailableError) -> None:
        now = time.monotonic()
        self._failing_since = self._failing_since if self._failures else now
        self._failures += 1
        self._metrics.outage()
        limit = self._outage.give_up_seconds
        if limit is not None and now - self._failing_since >= limit:
            raise error
        wait = self._outage.wait(self._failures)
        log.warning("%s waits %.2f s: %s", self._config.group, wait, error)
        self._unsettled += raws
        self._settle_at = now + wait
        # Polls go on, else the group would take this member for dead.
        intake.hold()

    def _settle(self, intake: Intake) -> None:
        try:
            self._delivery.settle(self._unsettled, intake)
        except UnavailableError as error:
            self._put_off(intake, (), error)
        else:
            self._unsettled = []
            intake.release()


def _answer(process: Process, received: Received[Any]) -> Sequence[Outgoing] | Exception:
    try:
        return process(received)
    except Exception as error:
        return error


def _answers_together(together: Together, received: Sequence[Received[Any]]) -> Answers:
    try:
        answers = together.process(received)
    except Exception as error:
        return [error] * len(received)
    if len(answers) != len(received):
        raise EventsError(f"{len(received)} events were processed into {len(answers)} answers.")
    return answers


def _record(outgoing: Outgoing, contracts: Contracts) -> Record:
    """Make the bytes here, where a mistake in them is told of the event that caused it."""
    value, key = contracts.write(outgoing.event), outgoing.key.encode()
    if len(value) + len(key) > _LARGEST_BYTES:
        raise RejectedError(
            f"An event for {outgoing.topic} has {len(value)} bytes; brokers take "
            f"{_LARGEST_BYTES}. Publish where the data lies instead of the data."
        )
    return Record(outgoing.topic, key, value)
