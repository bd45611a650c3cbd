"""Publish events so that each is acknowledged by all replicas in sync, or told as lost."""

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn, Self

from kafka import KafkaProducer
from kafka.errors import (
    InvalidProducerEpochError,
    InvalidProducerIdMappingError,
    KafkaError,
    KafkaTimeoutError,
    ProducerFencedError,
    TransactionalIdAuthorizationFailedError,
)
from kafka.structs import ConsumerGroupMetadata, OffsetAndMetadata, TopicPartition

from infra.events.bounded import ended_within
from infra.events.client_options import producer_options
from infra.events.configuration import ProducerConfig
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
_GRACE_SECONDS = 2.0


class EventProducer:
    """Publish events with idempotence and acks=all; used in a `with`, it flushes at its end.

    `send` returns at once. What was not acknowledged is raised as PublishError by a later call,
    by `flush` at the latest; what is sent after that goes over a new connection. An event that was
    told as lost may have arrived all the same, so send it again with the same id. Only one thread
    may use it.
    """

    def __init__(self, kafka: Kafka, config: ProducerConfig, contracts: Contracts) -> None:
        """Connect; raise UnavailableError when no broker answers."""
        self.config = config
        self.contracts = contracts
        self._brokers = ",".join(kafka.bootstrap)
        self._options = producer_options(kafka, config)
        self._sent: deque[Any] = deque()
        self._kafka: KafkaProducer | None = None
        self.renew()

    def renew(self) -> None:
        """Connect again unless connected; ends a transaction that this or an older one left open.

        Raise UnavailableError when no broker answers, FencedError see `transaction`.
        """
        if self._kafka is not None:
            return
        self._sent.clear()
        try:
            client = KafkaProducer(**self._options)
        except KafkaError as error:
            raise UnavailableError(f"No broker of {self._brokers} answers: {error}") from error
        self._kafka = client
        if self.config.transactional_id is not None:
            try:
                client.init_transactions()
            except KafkaError as error:
                self._raise(error, "A transactional id could not be taken")

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
        client = self._connected()
        while self._sent and self._sent[0].is_done:
            self._require_acknowledged(self._sent.popleft())
        try:
            future = client.send(
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
        if self._kafka is None:
            return
        # Past the time of delivery each record is acknowledged or failed.
        patience = self.config.delivery_seconds + _GRACE_SECONDS
        sent, lost = len(self._sent), []
        try:
            self._kafka.flush(timeout=patience)
            while self._sent:
                future = self._sent.popleft()
                try:
                    future.get(timeout=patience)
                except KafkaError as error:
                    lost.append(error)
        except KafkaError as error:
            lost += [error] * len(self._sent)
        if lost:
            self._raise(lost[0], f"{len(lost)} of {sent} events were not acknowledged")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what is sent inside visible as a whole at its end, or not at all.

        Raise PublishError when that is not certain: `renew`, then ask the group's committed
        offsets. Raise FencedError when this producer is at its end, because another one took its
        transactional id or the transaction took too long.
        """
        self._require_transactional()
        client = self._connected()
        self._sent.clear()
        try:
            self._bounded(client.begin_transaction)
            yield
            self.flush()
            self._bounded(client.commit_transaction)
        except KafkaError as error:
            self._raise(error, "A transaction was not committed")
        except BaseException:
            if self._kafka is client:
                self._abort(client)
            raise

    def send_offsets(
        self, offsets: Mapping[TopicPartition, OffsetAndMetadata], group: ConsumerGroupMetadata
    ) -> None:
        """Commit a group's offsets as part of the transaction."""
        self._require_transactional()
        client = self._connected()
        self._bounded(lambda: client.send_offsets_to_transaction(dict(offsets), group))

    def close(self) -> None:
        """Flush, then close; raise PublishError for what is lost."""
        try:
            if self.config.transactional_id is None:
                self.flush()
        finally:
            self._discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            self.close()
            return
        try:
            if self.config.transactional_id is None:
                self.flush()
        except EventsError as error:
            # What was raised inside matters more than what this would raise.
            log.warning("%s: %s", self.config.name, error)
        finally:
            self._discard()

    def _connected(self) -> Any:
        self.renew()
        return self._kafka

    def _discard(self) -> None:
        """End the client whatever it still waits for.

        After a batch that expired while it was tried again, kafka-python 3.0.12 sends nothing any
        more: it drops its producer id and never asks for another. Its `close` would wait for what
        is never sent, and then leave its thread behind.
        """
        client, self._kafka = self._kafka, None
        self._sent.clear()
        if client is None:
            return
        try:
            client._sender.force_close()
            client._sender.join(_GRACE_SECONDS)
            client.close(timeout=_GRACE_SECONDS)
        except KafkaError as error:
            log.warning("%s could not be closed in order: %s", self.config.name, error)

    def _abort(self, client: Any) -> None:
        try:
            self._bounded(client.abort_transaction)
        except KafkaError as error:
            # `renew` aborts it, or the broker when its time is over.
            log.warning("%s could not abort a transaction: %s", self.config.name, error)
            self._discard()

    def _bounded(self, call: Callable[[], None]) -> None:
        if not ended_within(self.config.transaction_seconds, call):
            raise KafkaTimeoutError(f"no answer within {self.config.transaction_seconds} s")

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

    def _raise(self, error: KafkaError, what: str) -> NoReturn:
        under_way = sum(not future.succeeded() for future in self._sent)
        more = f"; {under_way} more that were under way are given up" if under_way else ""
        self._discard()
        causes = [error, *(one for one in error.args if isinstance(one, BaseException))]
        if any(isinstance(one, _FATAL) for one in causes):
            raise FencedError(
                f"{what}: another producer has the transactional id "
                f"{self.config.transactional_id!r}, or its transaction took longer than "
                f"{self.config.transaction_seconds} s. End this process. ({error})"
            ) from error
        raise PublishError(
            f"{what} by {self._brokers} within {self.config.delivery_seconds} s: {error}{more}"
        ) from error
