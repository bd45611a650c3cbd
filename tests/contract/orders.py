"""The events, processing and effects with which the promises about events are tried."""

import os
import random
import uuid
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg

from infra.events.configuration import ConsumerConfig, ProducerConfig, RetryConfig
from infra.events.contract import Contract, Payload
from infra.events.contracts import Contracts
from infra.events.producer import EventProducer
from infra.events.records import Handled, Outgoing, Received
from infra.events.topics import make_group_topics, make_topics
from infra.settings import Kafka, Postgres, Redis

POISON_CENTS = 13
PARTITIONS = 3


class Placed(Payload):
    number: int
    cents: int


class Priced(Payload):
    number: int
    euros: float


PLACED = Contract("order.placed", 1, Placed)
PRICED = Contract("order.priced", 1, Priced)
CONTRACTS = Contracts([PLACED, PRICED])


class Names:
    """Name topics, group and table of one test, so that tests meet nothing of each other."""

    def __init__(self, stem: str) -> None:
        self.stem = f"{stem}-{uuid.uuid4().hex[:6]}"
        self.orders = f"{self.stem}.orders"
        self.prices = f"{self.stem}.prices"
        self.group = f"{self.stem}.pricing"
        self.table = self.stem.replace("-", "_")

    def consumer(self, **changes: Any) -> ConsumerConfig:
        return ConsumerConfig(group=self.group, topics=(self.orders,), **changes)

    def make_topics(self, kafka: Kafka, retry: RetryConfig) -> None:
        make_topics(kafka, {self.orders: PARTITIONS, self.prices: PARTITIONS})
        make_group_topics(kafka, self.consumer(), retry)

    def make_table(self, postgres: Postgres) -> None:
        with psycopg.connect(**postgres.client_options()) as session:
            # Nothing here refuses a double: only the sink's memory of ids keeps it out.
            session.execute(f"create table {self.table} (number bigint, cents bigint)")


def price(names: Names, received: Received[Placed]) -> Sequence[Outgoing]:
    """Make a price from an order, the same one each time."""
    order = received.event.data
    priced = PRICED.new(
        Priced(number=order.number, euros=order.cents / 100), producer="p", cause=received.event
    )
    return [Outgoing(names.prices, str(order.number), priced)]


def insert(names: Names, cursor: psycopg.Cursor[Any], handled: Sequence[Handled]) -> None:
    """Write each order into the table."""
    orders = [one.received.event.data for one in handled]
    cursor.execute(
        f"insert into {names.table} select * from unnest(%s::bigint[], %s::bigint[])",
        ([order.number for order in orders], [order.cents for order in orders]),
    )


def place(kafka: Kafka, names: Names, numbers: Iterable[int], *, seconds: float = 30.0) -> None:
    """Publish an order for each number, and return when all are acknowledged."""
    config = ProducerConfig(name="shop", delivery_seconds=seconds)
    with EventProducer(kafka, config, CONTRACTS) as producer:
        for number in numbers:
            data = Placed(number=number, cents=1000 + number)
            producer.send(names.orders, PLACED.new(data, producer="shop"), key=str(number))


def number_of(value: bytes) -> int:
    """Return the number of the order or price in a record."""
    number: int = CONTRACTS.read(value).data.number
    return number


def written(postgres: Postgres, names: Names) -> tuple[int, int]:
    """Return the rows of the table, and how many different orders they hold."""
    with psycopg.connect(**postgres.client_options()) as session:
        row = session.execute(
            f"select count(*), count(distinct number) from {names.table}"
        ).fetchone()
    assert row is not None
    return row[0], row[1]


def environment(
    kafka: Kafka | None = None, postgres: Postgres | None = None, redis: Redis | None = None
) -> dict[str, str]:
    """Return variables by which another process finds the same servers."""
    told = dict(os.environ)
    if kafka is not None:
        told["LAB_KAFKA_BOOTSTRAP"] = ",".join(kafka.bootstrap)
        told["LAB_KAFKA_REPLICATION"] = str(kafka.replication)
    for part in filter(None, (postgres, redis)):
        told[f"LAB_{part.part}_HOST".upper()] = part.host
        told[f"LAB_{part.part}_PORT".upper()] = str(part.port)
    return told


def seeded(promise: str) -> random.Random:
    """Return random numbers, and print the seed with which they come again."""
    seed = int(os.environ.get("CONTRACT_SEED", random.SystemRandom().randrange(10**6)))
    print(f"\n{promise}: CONTRACT_SEED={seed}")
    return random.Random(seed)
