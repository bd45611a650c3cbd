"""Two ways to make a batch's effects and its progress one: idempotence, or a transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from infra.events.errors import UnavailableError
from infra.events.intake import Intake
from infra.events.producer import EventProducer
from infra.events.records import Offsets, Record, Work
from infra.events.sink import Sink

Route = Callable[[Any, Exception], Record]


@dataclass(frozen=True)
class Batch:
    """Hold what came of a batch of records; each of them is in exactly one of the two lists."""

    done: Sequence[Work]
    failed: Sequence[tuple[Any, Exception]]
    offsets: Offsets


class Delivery(Protocol):
    """Bring batches out and commit them."""

    def deliver(self, batch: Batch, intake: Intake, route: Route) -> None:
        """Raise UnavailableError when it must be tried again."""
        ...

    def settle(self, raws: Sequence[Any], intake: Intake) -> None:
        """Go back to what is not delivered of these records; raise UnavailableError likewise."""
        ...


class AtLeastOnce:
    """Write to a sink that knows event ids, then publish, then commit.

    After a crash the batch comes again: the sink recognises it, and what is published a second
    time bears the same ids (`Contract.new` with a cause), by which the next sink recognises it.
    """

    def __init__(self, producer: EventProducer, sink: Sink | None = None) -> None:
        self._producer = producer
        self._sink = sink

    def deliver(self, batch: Batch, intake: Intake, route: Route) -> None:
        refused = self._write(batch.done)
        for work in batch.done:
            error = refused.get(id(work))
            for record in work.records if error is None else (route(work.raw, error),):
                self._producer.send_record(record)
        for raw, error in batch.failed:
            self._producer.send_record(route(raw, error))
        self._producer.flush()
        intake.commit(batch.offsets)

    def settle(self, raws: Sequence[Any], intake: Intake) -> None:
        intake.rewind(raws)

    def _write(self, done: Sequence[Work]) -> dict[int, Exception]:
        """Write all at once; when that fails, one by one, and return what was refused."""
        if self._sink is None or not done:
            return {}
        try:
            self._sink.write([work.handled for work in done])
        except UnavailableError:
            raise
        except Exception:
            return self._write_singly(self._sink, done)
        return {}

    @staticmethod
    def _write_singly(sink: Sink, done: Sequence[Work]) -> dict[int, Exception]:
        refused: dict[int, Exception] = {}
        for work in done:
            try:
                sink.write([work.handled])
            except UnavailableError:
                raise
            except Exception as error:
                refused[id(work)] = error
        return refused


class ExactlyOnce:
    """Publish and commit in one transaction of the producer, which must be transactional.

    Readers that read only what is committed see each effect once. That holds inside Kafka: what
    processing does elsewhere happens as often as the batch is tried.
    """

    def __init__(self, producer: EventProducer) -> None:
        self._producer = producer

    def deliver(self, batch: Batch, intake: Intake, route: Route) -> None:
        with self._producer.transaction():
            for work in batch.done:
                for record in work.records:
                    self._producer.send_record(record)
            for raw, error in batch.failed:
                self._producer.send_record(route(raw, error))
            # The membership fences a member whose partitions are another's by now.
            self._producer.send_offsets(batch.offsets, intake.membership())

    def settle(self, raws: Sequence[Any], intake: Intake) -> None:
        # Whether the last transaction was committed is known only to the broker, and only when a
        # new session of this transactional id has put an end to it.
        self._producer.renew()
        intake.rewind(raws, to_committed=True)
