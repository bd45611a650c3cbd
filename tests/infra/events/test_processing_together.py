"""A batch may be processed in one call, and each event still has its own fate."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from infra.events.configuration import ConsumerConfig
from infra.events.contract import Contract, Payload
from infra.events.contracts import Contracts
from infra.events.delivery import Batch
from infra.events.errors import ContractError, EventsError, RejectedError, UnavailableError
from infra.events.loop import Loop
from infra.events.records import Answers, Outgoing, Received, Together
from infra.settings import Kafka


class Number(Payload):
    number: int


NUMBER = Contract("number", 1, Number)
CONTRACTS = Contracts([NUMBER])


@dataclass
class Consumed:
    offset: int
    value: bytes
    topic: str = "numbers"
    partition: int = 1
    key: bytes | None = b"key"
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: int = 1500


def consumed(*numbers: int) -> list[Consumed]:
    events = [NUMBER.new(Number(number=number), producer="test") for number in numbers]
    return [Consumed(place, CONTRACTS.write(event)) for place, event in enumerate(events)]


def handled(process: Together, raws: Sequence[Consumed]) -> Batch:
    # No broker is met before `run`.
    kafka, config = Kafka(bootstrap=("nowhere:1",)), ConsumerConfig("group", ("numbers",))
    return Loop(kafka, config, CONTRACTS, process, None)._handle(raws)  # type: ignore[arg-type]


def test_one_call_for_all_that_can_be_read() -> None:
    calls = []

    def process(batch: Sequence[Received[Number]]) -> Answers:
        calls.append([(one.partition, one.offset) for one in batch])
        assert {one.sent for one in batch} == {1.5}
        return [
            RejectedError("odd") if one.event.data.number % 2 else [Outgoing("t", "k", one.event)]
            for one in batch
        ]

    raws = consumed(0, 1, 2)
    raws.insert(1, Consumed(9, b"no event"))
    batch = handled(Together(process), raws)
    assert calls == [[(1, 0), (1, 1), (1, 2)]]
    assert [work.handled.received.event.data.number for work in batch.done] == [0, 2]
    assert [len(work.records) for work in batch.done] == [1, 1]
    assert [(raw.offset, type(error)) for raw, error in batch.failed] == [
        (9, ContractError),
        (1, RejectedError),
    ]
    assert [offset.offset for offset in batch.offsets.values()] == [3]


def test_nothing_readable_is_no_call() -> None:
    def process(batch: Sequence[Received[Number]]) -> Answers:
        raise AssertionError("called for nothing")

    assert len(handled(Together(process), [Consumed(0, b"")]).failed) == 1


def test_what_the_call_raises_is_the_failure_of_all_or_an_outage() -> None:
    def failing(error: Exception) -> Together:
        def process(batch: Sequence[Received[Number]]) -> Answers:
            raise error

        return Together(process)

    batch = handled(failing(ValueError("no model")), consumed(1, 2))
    assert [str(error) for _, error in batch.failed] == ["no model"] * 2 and not batch.done
    with pytest.raises(UnavailableError):
        handled(failing(UnavailableError("down")), consumed(1))
    with pytest.raises(EventsError, match="1 events were processed into 0"):
        handled(Together(lambda batch: []), consumed(1))
