"""Publish events so that each is acknowledged by all replicas in sync, or told as lost."""

import logging
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from kafka import KafkaProducer
from kafka.errors import (
    InvalidProducerEpochError,
    InvalidProducerIdMappingError,
    KafkaError,
    ProducerFencedError,
    TransactionalIdAuthorizationFailedError,
)
from kafka.structs import ConsumerGroupMetadata, OffsetAndMetadata, TopicPartition

from infra.events.configuration import MILLISECONDS, ProducerConfig
from infra.events.contract import Envelope
from infra.events.contracts import Contracts
from infra.events.errors import EventsError, FencedError, PublishError, UnavailableError
from infra.events.records import Outgoing, Record
from infra.settings import Kafka

log = logging.getLogger(__name__)
_FATAL = (
    ProducerFencedError,
    InvalidProducerEpochError,
    InvalidProducerIdMappingError,
    TransactionalIdAuthorizationFailedError,
)
_LONGEST_REQUEST_SECONDS = 15.0
_LARGEST_REQUEST_BYTES = 2 * 1024 * 1024


class EventProducer:
    """Publish events with idempotence and acks=all; used in a `with`, it flushes at its end.

    `send` returns at once. What was not acknowledged is raised as PublishError by a later call,
    by `flush` at the latest. Only one thread may use it.
    """

    def __init__(self, kafka: Kafka, config: ProducerConfig, contracts: Contracts) -> None:
        """Connect; raise UnavailableError when no broker answers, FencedError see `transaction`."""
        self.config = config
        self.contracts = contracts
        self._brokers = ",".join(kafka.bootstrap)
        self._sent: deque[Any] = deque()
        request_seconds = min(config.delivery_seconds / 2, _LONGEST_REQUEST_SECONDS)
        options: dict[str, Any] = kafka.client_options() | {
            "client_id": config.name,
            "acks": "all",
            "enable_idempotence": True,
            "linger_ms": round(config.linger_seconds * MILLISECONDS),
            "delivery_timeout_ms": round(config.delivery_seconds * MILLISECONDS),
            "request_timeout_ms": round(request_seconds * MILLISECONDS),
            "max_block_ms": round(config.delivery_seconds * MILLISECONDS),
            "reconnect_backoff_max_ms": MILLISECONDS,
            # A mistyped topic is an error, not a new topic.
            "allow_auto_create_topics": False,
            "max_request_size": _LARGEST_REQUEST_BYTES,
        }
        if config.transactional_id is not None:
            options |= {
                "transactional_id": config.transactional_id,
                "transaction_timeout_ms": round(config.transaction_seconds * MILLISECONDS),
            }
        try:
            self._kafka = KafkaProducer(**options)
            if config.transactional_id is not None:
                self._kafka.init_transactions()
        except KafkaError as error:
            raise UnavailableError(f"No broker of {self._brokers} answers: {error}") from error

    def publish(self, outgoing: Outgoing) -> None:
        """Send an event; raise ContractError when it is of no contract that is known here."""
        self.send(outgoing.topic, outgoing.event, key=outgoing.key)

    def send(self, topic: str, event: Envelope[Any], *, key: str) -> None:
        """Send an event; events of one key arrive in the order in which they are sent."""
        value = self.contracts.write(event)
        # The broker stamps the time of sending: retention goes by it, and the event's own time
        # may lie years back.
        self.send_record(Record(topic, key.encode(), value))

    def send_record(self, record: Record) -> None:
        """Send bytes as they are; raise PublishError for what was sent before and is lost."""
        while self._sent and self._sent[0].is_done:
            self._require_acknowledged(self._sent.popleft())
        try:
            future = self._kafka.send(
                record.topic,
                value=record.value,
                key=record.key,
                headers=list(record.headers),
            )
        except KafkaError as error:
            self._raise(error, f"An event for {record.topic} could not be sent")
        self._sent.append(future)

    def flush(self) -> None:
        """Wait until all that was sent is acknowledged; raise PublishError naming what is not."""
        # Past the time of delivery each record is acknowledged or failed.
        patience = self.config.delivery_seconds + _LONGEST_REQUEST_SECONDS
        try:
            self._kafka.flush(timeout=patience)
            sent, lost = len(self._sent), []
            while self._sent:
                future = self._sent.popleft()
                try:
                    future.get(timeout=patience)
                except KafkaError as error:
                    lost.append(error)
        except KafkaError as error:
            self._sent.clear()
            self._raise(error, "What was sent could not be flushed")
        if lost:
            self._raise(lost[0], f"{len(lost)} of {sent} events were not acknowledged")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what is sent inside visible as a whole at its end, or not at all.

        Raise PublishError when it had to be aborted, FencedError when this producer is at its end
        because another one took its transactional id or the transaction took too long.
        """
        self._require_transactional()
        self._sent.clear()
        try:
            self._kafka.begin_transaction()
        except KafkaError as error:
            self._raise(error, "A transaction could not be begun")
        try:
            yield
            self.flush()
            self._kafka.commit_transaction()
        except FencedError:
            raise
        except KafkaError as error:
            self._abort()
            self._raise(error, "A transaction was aborted")
        except BaseException:
            self._abort()
            raise

    def send_offsets(
        self, offsets: Mapping[TopicPartition, OffsetAndMetadata], group: ConsumerGroupMetadata
    ) -> None:
        """Commit a group's offsets as part of the transaction."""
        self._require_transactional()
        self._kafka.send_offsets_to_transaction(dict(offsets), group)

    def close(self) -> None:
        """Flush, then close; raise PublishError for what is lost."""
        try:
            if self.config.transactional_id is None:
                self.flush()
        finally:
            self._close_quietly()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            self.close()
        else:
            # What was raised inside matters more than what this would raise.
            self._close_quietly()

    def _close_quietly(self) -> None:
        try:
            self._kafka.close(timeout=self.config.delivery_seconds)
        except KafkaError as error:
            log.warning("%s could not be closed in order: %s", self.config.name, error)

    def _abort(self) -> None:
        self._sent.clear()
        try:
            self._kafka.abort_transaction()
        except KafkaError as error:
            if isinstance(error, _FATAL):
                self._raise(error, "A transaction could not be aborted")
            # The broker aborts it when its time is over; the next one cannot begin before.
            log.warning("%s could not abort a transaction: %s", self.config.name, error)

    def _require_acknowledged(self, future: Any) -> None:
        try:
            future.get(timeout=0)
        except KafkaError as error:
            self._raise(error, "An event was not acknowledged")

    def _require_transactional(self) -> None:
        if self.config.transactional_id is None:
            raise EventsError(
                f"{self.config.name} has no transactional id: set ProducerConfig.transactional_id."
            )

    def _raise(self, error: KafkaError, what: str) -> None:
        causes = [error, *(one for one in error.args if isinstance(one, BaseException))]
        if any(isinstance(one, _FATAL) for one in causes):
            raise FencedError(
                f"{what}: another producer has the transactional id "
                f"{self.config.transactional_id!r}, or its transaction took longer than "
                f"{self.config.transaction_seconds} s. End this process. ({error})"
            ) from error
        raise PublishError(
            f"{what} by {self._brokers} within {self.config.delivery_seconds} s: "
            f"{type(error).__name__}: {error}"
        ) from error
