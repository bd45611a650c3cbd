"""A consumer that is killed again and again loses no event and doubles none."""

import time
from pathlib import Path

import pytest
from order_processes import Worker, grows, ids_of, read_all
from orders import CONTRACTS, PRICED, Names, Priced, environment, place, seeded, written

from infra.events.configuration import ProducerConfig, RetryConfig
from infra.events.errors import FencedError
from infra.events.lag import lag
from infra.events.postgres_sink import PostgresSink
from infra.events.producer import EventProducer
from infra.settings import Kafka, Postgres

pytestmark = pytest.mark.long

RETRY = RetryConfig(delays=(0.2,))


def test_a_hundred_thousand_events_and_ten_kills(
    kafka: Kafka, postgres: Postgres, tmp_path: Path
) -> None:
    events, kills = 100_000, 10
    chance = seeded("SIGKILL of the consumer")
    names = Names("killed")
    names.make_topics(kafka, RETRY)
    names.make_table(postgres)
    PostgresSink(postgres, names.group, lambda cursor, handled: None).prepare()
    place(kafka, names, range(events))
    begun = time.monotonic()
    told = {"consumer": {"instance": "worker-1"}}
    instants = sorted(chance.sample(range(events // 50, events - events // 20), kills))
    for instant in instants:
        with Worker(environment(kafka, postgres), names, tmp_path / "log", **told) as worker:
            grows(lambda: written(postgres, names)[0], instant)
            time.sleep(chance.uniform(0, 0.2))
            worker.kill()
    with Worker(environment(kafka, postgres), names, tmp_path / "log", **told) as worker:
        grows(lambda: written(postgres, names)[1], events)
        seconds = worker.ask_to_end()
    rows, orders = written(postgres, names)
    published = ids_of(kafka, names.prices)
    print(
        f"{events} events, {kills} kills, {time.monotonic() - begun:.0f} s: "
        f"lost {events - orders}, visible duplicates {rows - orders}; published "
        f"{len(set(published))}, sent again under the same id {len(published) - events}; "
        f"end on SIGTERM after {seconds:.1f} s"
    )
    assert (rows, orders) == (events, events)
    assert len(set(published)) == events


def test_transactions_show_each_effect_once_though_the_consumer_is_killed(
    kafka: Kafka, tmp_path: Path
) -> None:
    events, kills = 12_000, 4
    chance = seeded("SIGKILL of a transactional consumer")
    names = Names("exactly")
    names.make_topics(kafka, RETRY)
    place(kafka, names, range(events))
    told = {"consumer": {"instance": "worker-1"}, "transactional_id": f"{names.stem}-worker-1"}
    instants = sorted(chance.sample(range(events // 20, events // 2), kills))
    begun = time.monotonic()
    for instant in instants:
        with Worker(environment(kafka), names, tmp_path / "log", **told) as worker:
            grows(lambda: handled(kafka, names), instant)
            time.sleep(chance.uniform(0, 0.2))
            worker.kill()
    with Worker(environment(kafka), names, tmp_path / "log", **told) as worker:
        grows(lambda: handled(kafka, names), events)
        worker.ask_to_end()
    published = ids_of(kafka, names.prices)
    lost, doubled = events - len(set(published)), len(published) - len(set(published))
    aborted = len(read_all(kafka, names.prices, "read_uncommitted")) - len(published)
    print(
        f"{events} events, {kills} kills, {time.monotonic() - begun:.0f} s: lost {lost}, "
        f"duplicates in the topic {doubled}; {aborted} records of aborted transactions unseen"
    )
    assert (lost, doubled) == (0, 0)


def handled(kafka: Kafka, names: Names) -> int:
    """Return how many orders the group has committed as done."""
    behind = lag(kafka, names.group, [names.orders])
    ends = lag(kafka, "nobody", [names.orders])
    return sum(ends.values()) - sum(behind.values())


def test_a_zombie_of_the_same_transactional_id_is_fenced(kafka: Kafka) -> None:
    names = Names("zombie")
    names.make_topics(kafka, RETRY)
    config = ProducerConfig(name="worker", transactional_id=f"{names.stem}-worker-1")
    order = PRICED.new(Priced(number=1, euros=0.5), producer="p")
    refused = pytest.raises(FencedError, match="another producer has the transactional id")
    with EventProducer(kafka, config, CONTRACTS) as zombie, refused, zombie.transaction():
        zombie.send(names.prices, order, key="1")
        # The zombie was only slow; in its place another has begun.
        with EventProducer(kafka, config, CONTRACTS) as successor, successor.transaction():
            successor.send(names.prices, order, key="1")
    assert ids_of(kafka, names.prices) == [str(order.id)]
