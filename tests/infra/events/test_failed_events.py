"""Where a failed event goes, and what is told of it, is decided by its tries and its error."""

import os
import signal
import time
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from infra.events.bounded import ended_within
from infra.events.configuration import ConsumerConfig, OutageConfig, ProducerConfig, RetryConfig
from infra.events.errors import ContractError, RejectedError
from infra.events.headers import FAILURE, Failure, Origin, told
from infra.events.metrics import EventMetrics
from infra.events.records import Headers, Record, offsets_after
from infra.events.routing import Routing
from infra.events.stopping import Stop
from infra.events.topics import GroupTopics

RETRY = RetryConfig(delays=(1.0, 10.0))
TOPICS = GroupTopics.of(ConsumerConfig("pricing", ("orders",)), RETRY)


@dataclass
class Consumed:
    topic: str = "orders"
    partition: int = 2
    offset: int = 7
    key: bytes | None = b"key"
    value: bytes | None = b"{}"
    headers: Headers = field(default_factory=tuple)

    @classmethod
    def again(cls, record: Record) -> "Consumed":
        return cls(record.topic, 0, 99, record.key, record.value, record.headers)


def routing(now: float = 100.0, registry: CollectorRegistry | None = None) -> Routing:
    return Routing(TOPICS, RETRY, EventMetrics("pricing", registry), clock=lambda: now)


def test_each_try_has_its_topic_and_the_last_is_the_dead_letters() -> None:
    registry = CollectorRegistry()
    route = routing(registry=registry).route
    seen = []
    raw = Consumed(headers=(("trace", b"1"),))
    for _ in range(RETRY.tries):
        record = route(raw, ValueError("no price"))
        failure = Failure.of(record.headers)
        assert failure is not None
        seen.append((record.topic, failure.attempts, failure.not_before))
        assert (record.key, record.value) == (b"key", b"{}")
        assert dict(record.headers)["trace"] == b"1"
        assert [name for name, _ in record.headers].count(FAILURE) == 1
        assert failure.origin == Origin("orders", 2, 7)
        assert failure.reason == "ValueError: no price"
        raw = Consumed.again(record)
    assert seen == [
        ("pricing.retry.1", 1, 101.0),
        ("pricing.retry.2", 2, 110.0),
        ("pricing.dead", 3, 0.0),
    ]
    told_of = {"group": "pricing", "topic": "orders"}
    assert registry.get_sample_value("events_failed_total", {**told_of, "to": "retry"}) == 2
    assert registry.get_sample_value("events_failed_total", {**told_of, "to": "dead"}) == 1


@pytest.mark.parametrize("error", [RejectedError("never"), ContractError("no event")])
def test_what_no_second_try_can_mend_is_given_up_at_once(error: Exception) -> None:
    assert routing().route(Consumed(), error).topic == "pricing.dead"


@given(
    st.builds(
        Failure,
        origin=st.builds(Origin, st.text(), st.integers(0, 99), st.integers(0)),
        attempts=st.integers(0, 9),
        reason=st.text(),
        failed_at=st.text(),
        not_before=st.floats(0, 1e12),
        replays=st.integers(0, 9),
    )
)
def test_what_is_told_of_a_failure_travels_whole(failure: Failure) -> None:
    headers = failure.on((("kept", b"\x00"), (FAILURE, b"older")))
    assert Failure.of(headers) == failure
    assert headers[0] == ("kept", b"\x00")


@given(st.binary(max_size=60))
def test_a_header_that_somebody_else_wrote_does_no_harm(value: bytes) -> None:
    assert Failure.of(((FAILURE, value),)) is None


def test_a_replayed_event_has_all_its_tries_again() -> None:
    record = routing().route(Consumed(), RejectedError("x"))
    failure = Failure.of(record.headers)
    assert failure is not None
    again = failure.replayed()
    assert (again.attempts, again.not_before, again.replays) == (0, 0.0, 1)
    assert again.replayed().replays == 2


def test_a_long_reason_is_one_line_that_fits_a_header() -> None:
    text = told(ValueError("a\nb " + "x" * 5000))
    assert text.startswith("ValueError: a b x") and len(text) == 500


def test_waits_double_up_to_the_longest() -> None:
    outage = OutageConfig(first_wait_seconds=0.5, longest_wait_seconds=3.0)
    assert [outage.wait(n) for n in (1, 2, 3, 4, 9, 10_000)] == [0.5, 1.0, 2.0, 3.0, 3.0, 3.0]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: RetryConfig(delays=()),
        lambda: RetryConfig(delays=(-1.0,)),
        lambda: OutageConfig(first_wait_seconds=2.0, longest_wait_seconds=1.0),
        lambda: ConsumerConfig("", ("orders",)),
        lambda: ConsumerConfig("pricing", ()),
        lambda: ConsumerConfig("pricing", ("orders",), batch=0),
        lambda: ConsumerConfig("pricing", ("orders",), session_seconds=400.0),
        lambda: ProducerConfig(name=""),
        lambda: ProducerConfig(name="p", delivery_seconds=0.0),
    ],
)
def test_a_configuration_that_cannot_work_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError):
        wrong()  # type: ignore[operator]


def test_what_is_committed_lies_behind_the_last_record_of_each_partition() -> None:
    raws = [Consumed(offset=n) for n in (3, 4)] + [Consumed(partition=0, offset=9)]
    found = {tuple(one): offset.offset for one, offset in offsets_after(raws).items()}
    assert found == {("orders", 2): 5, ("orders", 0): 10}


def test_a_signal_asks_and_a_second_one_means_what_it_meant() -> None:
    heard = []
    interrupts = signal.getsignal(signal.SIGINT)
    before = signal.signal(signal.SIGTERM, lambda *_: heard.append("before"))
    try:
        stop = Stop()
        with stop.on_signals():
            assert not stop.is_asked
            os.kill(os.getpid(), signal.SIGTERM)
            assert stop.is_asked and heard == []
            os.kill(os.getpid(), signal.SIGTERM)
            assert heard == ["before"]
        assert signal.getsignal(signal.SIGINT) is interrupts
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_call_is_waited_for_so_long_and_no_longer() -> None:
    assert ended_within(5.0, lambda: None)
    begun = time.monotonic()
    assert not ended_within(0.05, lambda: time.sleep(0.5))
    assert time.monotonic() - begun < 0.4
    with pytest.raises(ZeroDivisionError):
        ended_within(5.0, lambda: 1 / 0)  # type: ignore[arg-type, return-value]
