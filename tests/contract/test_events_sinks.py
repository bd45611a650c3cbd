"""A sink that is given an event twice, at once, or half, has its effect once or not at all."""

import functools
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import redis as client
from orders import PLACED, Names, Placed, insert, written

from infra.events.errors import UnavailableError
from infra.events.postgres_sink import PostgresSink
from infra.events.records import Handled, Received
from infra.events.redis_sink import RedisSink, RedisSinkConfig
from infra.settings import Postgres, Redis

pytestmark = pytest.mark.long

MEMBERS = 8


def handled(count: int) -> list[Handled]:
    events = [PLACED.new(Placed(number=n, cents=n), producer="shop") for n in range(count)]
    return [Handled(Received(event, "orders", None), ()) for event in events]


def at_once(write: Any, batches: Sequence[list[Handled]]) -> int:
    with ThreadPoolExecutor(len(batches)) as pool:
        return sum(pool.map(write, batches))


def test_postgres_writes_each_id_once(postgres: Postgres) -> None:
    names = Names("sinks")
    names.make_table(postgres)
    new = functools.partial(PostgresSink, postgres, names.group, functools.partial(insert, names))
    sink = new()
    with ThreadPoolExecutor(MEMBERS) as pool:
        list(pool.map(lambda one: one.prepare(), [new() for _ in range(MEMBERS)]))
    events = handled(500)
    assert sink.write(events[:300] + events[:10]) == 300
    assert sink.write(events[:300]) == 0
    # In opposite orders, where two that lock in the order they are given would lock each other.
    batches = [events if n % 2 else events[::-1] for n in range(MEMBERS)]
    fresh = at_once(lambda batch: new().write(batch), batches)
    print(f"\n{MEMBERS} members wrote the same 500 events at once: {fresh} of 200 were new")
    assert fresh == 200
    assert written(postgres, names) == (500, 500)
    assert sink.forget(datetime.now(UTC) - timedelta(hours=1)) == 0
    assert sink.forget(datetime.now(UTC) + timedelta(hours=1)) == 500
    assert sink.write(events[:1]) == 1
    sink.close()


def test_postgres_forgets_an_id_whose_effect_failed(postgres: Postgres) -> None:
    names = Names("halves")
    names.make_table(postgres)
    broken = PostgresSink(postgres, names.group, functools.partial(insert_then_fail, names))
    broken.prepare()
    events = handled(3)
    with pytest.raises(ValueError, match="half-way"):
        broken.write(events)
    assert written(postgres, names) == (0, 0)
    whole = PostgresSink(postgres, names.group, functools.partial(insert, names))
    assert whole.write(events) == 3


def insert_then_fail(names: Names, cursor: psycopg.Cursor[Any], given: Sequence[Handled]) -> None:
    insert(names, cursor, given)
    raise ValueError("half-way")


def test_redis_writes_each_id_once(redis: Redis) -> None:
    total = f"sinks:{uuid.uuid4().hex}"
    config = RedisSinkConfig(total, remember_seconds=600, sync=False)

    def effect(pipe: Any, one: Handled) -> None:
        pipe.incr(total)

    sink = RedisSink(redis, config, effect)
    events = handled(200)
    assert sink.write(events[:100] + events[:10]) == 100
    assert sink.write(events[:100]) == 0
    server = client.Redis(**redis.client_options())
    [key] = [f"handled:{total}:{events[0].received.event.id}"]
    assert 0 < server.ttl(key) <= 600

    def write(batch: list[Handled]) -> int:
        own = RedisSink(redis, config, effect)
        done = 0
        while True:
            try:
                return done + own.write(batch)
            except UnavailableError:
                # Others were faster too often; the loop would try again as well.
                continue

    fresh = at_once(write, [events] * MEMBERS)
    print(f"\n{MEMBERS} members wrote the same 200 events at once: {fresh} of 100 were new")
    assert (fresh, int(server.get(total) or 0)) == (100, 200)
    sink.close()


def test_redis_reports_a_command_that_failed_and_forgets_its_event(redis: Redis) -> None:
    stem = f"types:{uuid.uuid4().hex}"
    server = client.Redis(**redis.client_options())
    server.set(f"{stem}:2", "text")

    def effect(pipe: Any, one: Handled) -> None:
        pipe.incr(f"{stem}:{one.received.event.data.number}")

    sink = RedisSink(redis, RedisSinkConfig(stem, sync=True), effect)
    events = handled(4)
    with pytest.raises(client.ResponseError, match="not an integer"):
        sink.write(events)
    # The others of that batch are done, and known to be.
    assert [server.get(f"{stem}:{n}") for n in range(4)] == [b"1", b"1", b"text", b"1"]
    server.delete(f"{stem}:2")
    assert sink.write(events) == 1
    assert [server.get(f"{stem}:{n}") for n in range(4)] == [b"1"] * 4
    sink.close()


def test_a_store_that_is_not_there_is_named(postgres: Postgres, redis: Redis) -> None:
    nowhere = {"host": "127.0.0.1", "port": 9}
    away = PostgresSink(postgres.model_copy(update=nowhere), "sink", lambda cursor, given: None)
    with pytest.raises(UnavailableError, match=r"Postgres at 127\.0\.0\.1:9/lab cannot be written"):
        away.write(handled(1))
    gone = RedisSink(
        redis.model_copy(update=nowhere), RedisSinkConfig("sink"), lambda pipe, one: None
    )
    with pytest.raises(UnavailableError, match=r"Redis at 127\.0\.0\.1:9 cannot be written"):
        gone.write(handled(1))
