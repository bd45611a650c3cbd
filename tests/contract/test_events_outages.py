"""Brokers and sinks that go away under load: errors are clear, nothing acknowledged is lost."""

import functools
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
import redis as client
from order_processes import in_background, read_all
from orders import CONTRACTS, PLACED, Names, Placed, insert, number_of, place, price, written
from stack_under_test import StackUnderTest, until

from infra.events.configuration import OutageConfig, ProducerConfig, RetryConfig
from infra.events.delivery import AtLeastOnce, ExactlyOnce
from infra.events.errors import PublishError, UnavailableError
from infra.events.loop import Loop
from infra.events.postgres_sink import PostgresSink
from infra.events.producer import EventProducer
from infra.events.records import Handled
from infra.events.redis_sink import RedisSink, RedisSinkConfig
from infra.events.sink import Sink
from infra.events.stopping import Stop
from infra.settings import Kafka, Postgres, Redis

pytestmark = pytest.mark.long

RETRY = RetryConfig(delays=(0.2,))
SECONDS_AWAY = 2.5


def test_kafka_goes_away_and_comes_back(
    kafka: Kafka, postgres: Postgres, faults: StackUnderTest
) -> None:
    names = Names("outage")
    names.make_topics(kafka, RETRY)
    names.make_table(postgres)
    acknowledged: list[int] = []
    errors: list[str] = []
    is_over = threading.Event()

    def load() -> None:
        number = 0
        while not is_over.is_set():
            try:
                place(kafka, names, range(number, number + 100), seconds=2.0)
            except (PublishError, UnavailableError) as error:
                errors.append(str(error))
            else:
                acknowledged.extend(range(number, number + 100))
            number += 100

    loading = threading.Thread(target=load, daemon=True)
    config = ProducerConfig(name="idle", delivery_seconds=2.0)
    idle, hasty = (EventProducer(kafka, config, CONTRACTS) for _ in range(2))
    order = PLACED.new(Placed(number=-1, cents=1), producer="idle")
    sink = PostgresSink(postgres, names.group, functools.partial(insert, names))
    sink.prepare()
    exactly = Names("outage-exactly")
    exactly.orders = names.orders
    exactly.make_topics(kafka, RETRY)
    with pricing(kafka, names, sink), pricing(kafka, exactly, None):
        loading.start()
        until(lambda: len(acknowledged), lambda count: count > 300)
        for producer in (idle, hasty):
            until(lambda producer=producer: is_accepted(producer, names, order), bool)
        with faults.away("kafka"):
            for _ in range(7):
                idle.send(names.orders, order, key="a")
            for _ in range(3):
                hasty.send(names.orders, order, key="a")
            unacknowledged = r"7 of 7 events were not acknowledged by 127\.0"
            with pytest.raises(PublishError, match=unacknowledged):
                idle.flush()
            until(lambda: hasty._sent[0].is_done, bool)
            with pytest.raises(PublishError, match="2 more that were under way are given up"):
                hasty.send(names.orders, order, key="a")
        # The same producer goes on, over another connection.
        until(lambda: is_accepted(idle, names, order), bool, seconds=60)
        before = len(acknowledged)
        until(lambda: len(acknowledged), lambda count: count > before + 300, seconds=60)
        faults.kill("kafka")
        faults.until_healthy("kafka")
        before = len(acknowledged)
        until(lambda: len(acknowledged), lambda count: count > before + 300, seconds=60)
        is_over.set()
        loading.join(60)
        acknowledged.append(-1)
        until(
            lambda: set(acknowledged) - set(orders_of(postgres, names)),
            lambda left: not left,
            seconds=60,
        )
        # A commit that the client never hears of again is given up after `transaction_seconds`.
        until(
            lambda: set(acknowledged) - set(numbers(kafka, exactly.prices)),
            lambda left: not left,
            seconds=ProducerConfig(name="p").transaction_seconds + 30,
        )
    orders = orders_of(postgres, names)
    idle.close()
    hasty.close()
    assert orders.count(-1) == 1, "sent twice, the same event"
    print(
        f"\nKafka stopped under load, then killed: {len(acknowledged)} "
        f"acknowledged, lost {len(set(acknowledged) - set(orders))}, visible duplicates "
        f"{len(orders) - len(set(orders))}; {len(errors)} errors, as: {errors[:1]}"
    )
    # The idle producer's order was placed more than once, so it is priced more than once.
    shown = [number for number in numbers(kafka, exactly.prices) if number >= 0]
    print(
        f"with transactions: lost {len({*acknowledged} - {-1, *shown})}, duplicates in the topic "
        f"{len(shown) - len(set(shown))}"
    )
    assert len(orders) == len(set(orders))
    assert len(shown) == len(set(shown))
    assert errors, "nobody noticed"
    where = ",".join(kafka.bootstrap)
    assert all(where in error or "broker" in error for error in errors)


def test_postgres_goes_away_and_comes_back(
    kafka: Kafka, postgres: Postgres, faults: StackUnderTest, caplog: pytest.LogCaptureFixture
) -> None:
    events = 15_000
    names = Names("sink")
    names.make_topics(kafka, RETRY)
    names.make_table(postgres)
    sink = PostgresSink(postgres, names.group, functools.partial(insert, names))
    sink.prepare()
    place(kafka, names, range(events))
    with caplog.at_level(logging.WARNING, "infra.events"), patient(kafka, names, sink):
        until(lambda: written(postgres, names)[0], lambda rows: rows > 1000)
        with faults.away("postgres"):
            time.sleep(SECONDS_AWAY)
        kept = written(postgres, names)[0]
        until(lambda: written(postgres, names)[0], lambda rows: rows > min(kept + 2000, events - 1))
        faults.kill("postgres")
        faults.until_healthy("postgres")
        until(lambda: written(postgres, names)[1], lambda orders: orders == events, seconds=60)
    rows, orders = written(postgres, names)
    said = complaints(caplog)
    print(
        f"\nPostgres stopped for {SECONDS_AWAY:.0f} s, then killed: {events} events, "
        f"lost {events - orders}, visible duplicates {rows - orders}; said: {said[:1]}"
    )
    assert (rows, orders) == (events, events)
    assert said and all(f"Postgres at {postgres.host}:{postgres.port}/" in one for one in said)
    assert read_all(kafka, f"{names.group}.dead") == [], "an outage is no fault of an event"


def test_redis_goes_away_and_comes_back(
    kafka: Kafka,
    redis: Redis,
    faults: StackUnderTest,
    caplog: pytest.LogCaptureFixture,
) -> None:
    events = 8_000
    names = Names("cache")
    names.make_topics(kafka, RETRY)
    config = RedisSinkConfig(names.group)
    sink = RedisSink(redis, config, functools.partial(count, names))
    place(kafka, names, range(events))
    server = client.Redis(**redis.client_options())
    with caplog.at_level(logging.WARNING, "infra.events"), patient(kafka, names, sink, batch=1000):
        until(lambda: counted(server, names), lambda total: total > 500)
        with faults.away("redis"):
            time.sleep(SECONDS_AWAY)
        faults.kill("redis")
        faults.until_healthy("redis")
        until(lambda: counted(server, names), lambda total: total >= events, seconds=60)
    total, different = counted(server, names), server.scard(f"{names.stem}:numbers")
    said = complaints(caplog)
    print(
        f"\nRedis stopped for {SECONDS_AWAY:.0f} s, then killed: {events} events, "
        f"lost {events - different}, visible duplicates {total - different}; said: {said[:1]}"
    )
    assert (total, different) == (events, events)
    assert said and all(f"Redis at {redis.host}:{redis.port}" in one for one in said)


def test_without_any_broker_it_is_told_where_none_was(kafka: Kafka) -> None:
    nowhere = kafka.model_copy(update={"bootstrap": ("127.0.0.1:9",)})
    with pytest.raises(UnavailableError, match=r"No broker of 127\.0\.0\.1:9 answers"):
        EventProducer(nowhere, ProducerConfig(name="shop", delivery_seconds=2.0), CONTRACTS)


def test_a_loop_can_be_ended_while_the_brokers_are_away(
    kafka: Kafka, postgres: Postgres, faults: StackUnderTest
) -> None:
    names = Names("ended")
    names.make_topics(kafka, RETRY)
    names.make_table(postgres)
    sink = PostgresSink(postgres, names.group, functools.partial(insert, names))
    sink.prepare()
    place(kafka, names, range(3000))
    with ExitStack() as mended:
        with pricing(kafka, names, sink, batch=50, instance="w"):
            until(lambda: written(postgres, names)[0], lambda rows: rows > 100)
            mended.enter_context(faults.away("kafka"))
            asked = time.monotonic()
        seconds = time.monotonic() - asked
    print(f"\nasked to end while Kafka was away: ended after {seconds:.1f} s")
    assert seconds < 30
    # A static member has its place back at once, though it could not say goodbye.
    with pricing(kafka, names, sink, instance="w"):
        until(lambda: written(postgres, names), lambda found: found == (3000, 3000))


@contextmanager
def pricing(
    kafka: Kafka, names: Names, sink: Sink | None, *, patience: float = 5.0, **changes: Any
) -> Iterator[None]:
    """Run a loop that writes to the sink; without one, a loop of transactions."""
    stop = Stop()
    config = ProducerConfig(
        name="p", delivery_seconds=patience, transactional_id=None if sink else names.stem
    )
    with EventProducer(kafka, config, CONTRACTS) as producer:
        loop = Loop(
            kafka,
            names.consumer(**changes),
            CONTRACTS,
            functools.partial(price, names),
            AtLeastOnce(producer, sink) if sink else ExactlyOnce(producer),
            retry=RETRY,
            outage=OutageConfig(longest_wait_seconds=1.0),
            stop=stop,
        )
        with in_background(loop, stop):
            yield


# Whose complaints are looked at: a disk that is slow for Kafka must not be among them.
patient = functools.partial(pricing, patience=30.0)


def is_accepted(producer: EventProducer, names: Names, order: Any) -> bool:
    """Send an order; a broker that has just come up may take longer than its two seconds."""
    try:
        producer.send(names.orders, order, key="a")
        producer.flush()
    except UnavailableError:
        return False
    return True


def complaints(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if "waits" in one.getMessage()]


def count(names: Names, pipe: Any, handled: Handled) -> None:
    pipe.incr(f"{names.stem}:total")
    pipe.sadd(f"{names.stem}:numbers", handled.received.event.data.number)


def counted(server: Any, names: Names) -> int:
    try:
        return int(server.get(f"{names.stem}:total") or 0)
    except client.ConnectionError:
        return 0


def numbers(kafka: Kafka, topic: str) -> list[int]:
    return [number_of(record.value) for record in read_all(kafka, topic)]


def orders_of(postgres: Postgres, names: Names) -> list[int]:
    import psycopg

    with psycopg.connect(**postgres.client_options()) as session:
        return [row[0] for row in session.execute(f"select number from {names.table}")]
