"""Members come and go under load, one of three brokers dies: nothing is lost or doubled."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaAdminClient
from order_processes import Worker, grows, ids_of
from orders import CONTRACTS, PLACED, Names, Placed, environment, place, written
from stack_under_test import StackUnderTest, until

from infra.events.configuration import ProducerConfig, RetryConfig
from infra.events.postgres_sink import PostgresSink
from infra.events.producer import EventProducer
from infra.settings import Kafka, Postgres

pytestmark = pytest.mark.long

RETRY = RetryConfig(delays=(0.2,))


def test_a_second_member_joins_and_leaves_under_load(
    kafka: Kafka, postgres: Postgres, tmp_path: Path
) -> None:
    names = prepared("rebalanced", kafka, postgres)
    place(kafka, names, range(20_000))
    told = environment(kafka, postgres)
    seen = []
    load = Load(kafka, names, begin=20_000)
    # Commits so seldom that only those made when partitions are given up can be meant.
    changes = {"consumer": {"batch": 100, "commit_seconds": 600.0}}
    with Worker(told, names, tmp_path / "first", **changes) as first:
        load.start()
        for begin in (1000, 10_000):
            grows(lambda: written(postgres, names)[0], begin)
            with Worker(told, names, tmp_path / "second", **changes) as second:
                seen.append(until(lambda: shares(kafka, names), lambda found: len(found) == 2))
                before = written(postgres, names)[0]
                grows(lambda: written(postgres, names)[0], before + 2000)
                second.ask_to_end()
            until(lambda: shares(kafka, names), lambda found: len(found) == 1)
        events = 20_000 + len(load.end())
        grows(lambda: written(postgres, names)[1], events)
        first.ask_to_end()
    rows, orders = written(postgres, names)
    published = ids_of(kafka, names.prices)
    print(
        f"\n{events} events, a second member joined and left twice (partitions {seen}): "
        f"lost {events - orders}, visible duplicates {rows - orders}, "
        f"delivered again {len(published) - len(set(published))}, though nothing was committed "
        "but what was given up"
    )
    assert load.errors == [] and all(min(found) >= 1 for found in seen)
    assert (rows, orders, len(set(published))) == (events, events, events)
    assert len(published) == events


def test_one_of_three_brokers_is_killed(
    three_brokers: StackUnderTest, postgres: Postgres, tmp_path: Path
) -> None:
    kafka = three_brokers.own_settings().kafka
    names = prepared("broker", kafka, postgres)
    load = Load(kafka, names)
    longest = 0.0
    with Worker(environment(kafka, postgres), names, tmp_path / "log") as worker:
        load.start()
        grows(lambda: written(postgres, names)[0], 1000)
        victim = coordinator(kafka, names)
        # It stays away, so that the two others have to do without it.
        three_brokers.keep_away(victim)
        killed = time.monotonic()
        last, moved = written(postgres, names)[0], time.monotonic()
        while time.monotonic() < killed + 12 or time.monotonic() - moved > 1:
            if (now := written(postgres, names)[0]) != last:
                longest = max(longest, time.monotonic() - moved)
                last, moved = now, time.monotonic()
            assert time.monotonic() < killed + 90, f"stands still at {last}"
            time.sleep(0.05)
        acknowledged = load.end()
        three_brokers.start_program(victim)
        grows(lambda: written(postgres, names)[1], len(acknowledged))
        worker.ask_to_end()
    rows, orders = written(postgres, names)
    print(
        f"\n{victim} of three killed under load: {len(acknowledged)} acknowledged, "
        f"lost {len(acknowledged) - orders}, visible duplicates {rows - orders}; "
        f"longest stall of a single send {load.longest:.1f} s, of the group {longest:.1f} s"
    )
    assert load.errors == []
    assert (rows, orders) == (len(acknowledged), len(acknowledged))


class Load(threading.Thread):
    """Publish a hundred orders at a time, and note what was acknowledged and how long it took."""

    def __init__(self, kafka: Kafka, names: Names, begin: int = 0) -> None:
        super().__init__(daemon=True)
        self._kafka, self._names, self._begin = kafka, names, begin
        self._is_over = threading.Event()
        self.acknowledged: list[int] = []
        self.errors: list[Exception] = []
        self.longest = 0.0

    def run(self) -> None:
        config = ProducerConfig(name="shop", delivery_seconds=60)
        number = self._begin
        try:
            with EventProducer(self._kafka, config, CONTRACTS) as producer:
                while not self._is_over.wait(0.05):
                    numbers = range(number, number + 100)
                    begun = time.monotonic()
                    for one in numbers:
                        order = PLACED.new(Placed(number=one, cents=one), producer="shop")
                        producer.send(self._names.orders, order, key=str(one))
                    producer.flush()
                    self.longest = max(self.longest, time.monotonic() - begun)
                    self.acknowledged += numbers
                    number += len(numbers)
        except Exception as error:
            self.errors.append(error)

    def end(self) -> list[int]:
        self._is_over.set()
        self.join(60)
        return self.acknowledged


def prepared(stem: str, kafka: Kafka, postgres: Postgres) -> Names:
    names = Names(stem)
    names.make_topics(kafka, RETRY)
    names.make_table(postgres)
    PostgresSink(postgres, names.group, lambda cursor, handled: None).prepare()
    return names


def shares(kafka: Kafka, names: Names) -> list[int]:
    """Return how many partitions of the orders each member of a settled group has."""
    admin = KafkaAdminClient(**kafka.client_options())
    try:
        group: dict[str, Any] = admin.describe_groups([names.group])[names.group]
    finally:
        admin.close()
    if group["group_state"] != "Stable":
        return []
    assigned = [member["member_assignment"]["assigned_partitions"] for member in group["members"]]
    return sorted(
        sum(len(one["partitions"]) for one in topics if one["topic"] == names.orders)
        for topics in assigned
    )


def coordinator(kafka: Kafka, names: Names) -> str:
    """Return the broker that keeps the group's offsets, whose loss is felt most."""
    admin = KafkaAdminClient(**kafka.client_options())
    try:
        [topic] = admin.describe_topics(["__consumer_offsets"])
    finally:
        admin.close()
    digest = 0
    for letter in names.group:
        # As Java hashes a text, by which Kafka chooses the partition.
        digest = (31 * digest + ord(letter)) & 0xFFFFFFFF
    number = (digest & 0x7FFFFFFF) % len(topic["partitions"])
    [partition] = [one for one in topic["partitions"] if one["partition_index"] == number]
    return f"kafka-{partition['leader_id']}"
