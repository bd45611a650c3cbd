"""Events that cannot be handled do not stop the others, and are put right later."""

import functools
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest
from order_processes import in_background, read_all
from orders import CONTRACTS, Names, Placed, insert, number_of, place, price, written
from stack_under_test import until

from infra.events.configuration import ProducerConfig, RetryConfig
from infra.events.dead_letters import Replayed, replay, waiting
from infra.events.delivery import AtLeastOnce, Delivery, ExactlyOnce
from infra.events.headers import Failure
from infra.events.lag import lag
from infra.events.loop import Loop
from infra.events.postgres_sink import PostgresSink
from infra.events.producer import EventProducer
from infra.events.records import Outgoing, Received, Record
from infra.events.stopping import Stop
from infra.events.topics import GroupTopics
from infra.settings import Kafka, Postgres

pytestmark = pytest.mark.long

RETRY = RetryConfig(delays=(0.3, 0.3))


class Fragile:
    """Price orders, all but those whose number is a multiple of `weak` while that is not 0."""

    def __init__(self, names: Names, weak: int) -> None:
        self.names, self.weak = names, weak
        self.tries: Counter[int] = Counter()
        self.last: dict[int, float] = {}

    def __call__(self, received: Received[Placed]) -> Sequence[Outgoing]:
        number = received.event.data.number
        self.last[number] = time.monotonic()
        # Last, since others wait for it.
        self.tries[number] += 1
        if self.weak and number % self.weak == 0:
            raise ValueError(f"nobody knows the price of {number}")
        return price(self.names, received)


def test_poison_goes_to_the_dead_letters_and_a_replay_puts_it_right(
    kafka: Kafka, postgres: Postgres
) -> None:
    events, weak = 3000, 100
    names = Names("poison")
    names.make_topics(kafka, RETRY)
    names.make_table(postgres)
    topics = GroupTopics.of(names.consumer(), RETRY)
    place(kafka, names, range(events))
    process = Fragile(names, weak)
    sink = PostgresSink(postgres, names.group, functools.partial(insert, names))
    sink.prepare()
    with EventProducer(kafka, ProducerConfig(name="p"), CONTRACTS) as producer:
        for number in range(5):
            producer.send_record(Record(names.orders, None, b"no event %d" % number))
        producer.flush()
        with running(kafka, names, process, AtLeastOnce(producer, sink)):
            given_up = until(
                lambda: waiting(kafka, topics), lambda found: len(found) == events // weak + 5
            )
            good = written(postgres, names)
            tries = Counter(process.tries[number] for number in range(0, events, weak))
            process.weak = 0
            replayed = replay(kafka, topics)
            until(lambda: written(postgres, names)[1], lambda orders: orders == events)
            again = until(lambda: waiting(kafka, topics), lambda found: len(found) == 5)
            kept = replay(kafka, topics, select=lambda letter: b"no event" not in letter.value)
    published = [number_of(record.value) for record in read_all(kafka, names.prices)]
    print(
        f"\n{events // weak} poisoned events and 5 that are none, {RETRY.tries} tries: "
        f"{len(given_up)} dead letters after tries {dict(tries)}, {good[0]} others done meanwhile; "
        f"after the replay lost {events - len(set(published))}, "
        f"doubled {len(published) - len(set(published))}"
    )
    assert tries == {RETRY.tries: events // weak}
    assert good == (events - events // weak, events - events // weak)
    assert (replayed, kept) == (Replayed(put_back=len(given_up), kept=0), Replayed(0, 5))
    assert written(postgres, names) == (events, events)
    assert sorted(published) == list(range(events))
    reasons = Counter(letter.failure.reason.split(":")[0] for letter in given_up)
    assert reasons == {"ValueError": events // weak, "ContractError": 5}
    assert {one.failure.attempts for one in given_up} == {1, RETRY.tries}
    # What is no event at all comes back as often as it is put back, and its story with it.
    assert {one.failure.replays for one in again} == {1}
    assert {one.failure.origin.topic for one in given_up} == {names.orders}


def test_an_event_that_the_sink_refuses_takes_nobody_with_it(
    kafka: Kafka, postgres: Postgres
) -> None:
    events, weak = 600, 100
    names = Names("refused")
    retry = RetryConfig(delays=(0.1,))
    names.make_topics(kafka, retry)
    names.make_table(postgres)
    with psycopg.connect(**postgres.client_options()) as session:
        session.execute(f"alter table {names.table} add check (number % {weak} <> 0)")
    sink = PostgresSink(postgres, names.group, functools.partial(insert, names))
    sink.prepare()
    place(kafka, names, range(events))
    topics = GroupTopics.of(names.consumer(), retry)
    with (
        EventProducer(kafka, ProducerConfig(name="p"), CONTRACTS) as producer,
        running(kafka, names, Fragile(names, 0), AtLeastOnce(producer, sink), retry),
    ):
        dead = until(lambda: waiting(kafka, topics), lambda found: len(found) == events // weak)
        rows = until(
            lambda: written(postgres, names)[0], lambda rows: rows == events - events // weak
        )
    print(f"\n{events} events of which the sink refuses {len(dead)}: {rows} written")
    assert {letter.failure.reason.split(":")[0] for letter in dead} == {"CheckViolation"}
    published = {number_of(record.value) for record in read_all(kafka, names.prices)}
    assert published == {number for number in range(events) if number % weak}


@pytest.mark.parametrize("transactional", [False, True], ids=["idempotent", "transactional"])
def test_a_delay_is_honoured_and_holds_up_nobody(kafka: Kafka, transactional: bool) -> None:
    # Far more than a slow machine takes for the others.
    delay = 8.0
    retry = RetryConfig(delays=(delay, 60.0))
    names = Names("delayed")
    names.make_topics(kafka, retry)
    process = Fragile(names, 50)
    config = ProducerConfig(name="p", transactional_id=names.stem if transactional else None)
    with EventProducer(kafka, config, CONTRACTS) as producer:
        delivery = ExactlyOnce(producer) if transactional else AtLeastOnce(producer)
        with running(kafka, names, process, delivery, retry):
            place(kafka, names, range(100))
            until(lambda: process.tries[50], lambda tries: tries >= 1)
            failed = process.last[50]
            place(kafka, names, range(101, 150))
            until(lambda: len(process.tries), lambda known: known == 149)
            others = max(at for number, at in process.last.items() if number % 50) - failed
            until(lambda: process.tries[50], lambda tries: tries == 2)
            waited = process.last[50] - failed
            process.weak = 0
            until(lambda: set(lag(kafka, names.group, [names.orders]).values()), at_most_a_marker)
    print(f"\na delay of {delay} s: the others done after {others:.2f} s, the retry {waited:.2f} s")
    assert others < delay < waited < delay + 2
    failures = [Failure.of(r.headers) for r in read_all(kafka, f"{names.group}.retry.1")]
    assert {failure.attempts for failure in failures if failure} == {1}


def at_most_a_marker(found: set[int]) -> bool:
    return found <= {0, 1}


def running(
    kafka: Kafka,
    names: Names,
    process: Fragile,
    delivery: Delivery,
    retry: RetryConfig = RETRY,
) -> Any:
    stop = Stop()
    loop = Loop(kafka, names.consumer(), CONTRACTS, process, delivery, retry=retry, stop=stop)
    return in_background(loop, stop)
