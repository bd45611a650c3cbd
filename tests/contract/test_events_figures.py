"""What a loop tells of itself is what it did."""

import functools

import pytest
from order_processes import in_background
from orders import CONTRACTS, PARTITIONS, Names, place, price
from prometheus_client import CollectorRegistry, generate_latest
from stack_under_test import until

from infra.events.configuration import ProducerConfig, RetryConfig
from infra.events.delivery import AtLeastOnce
from infra.events.errors import EventsError
from infra.events.lag import lag
from infra.events.loop import Loop
from infra.events.metrics import EventMetrics
from infra.events.producer import EventProducer
from infra.events.stopping import Stop
from infra.settings import Kafka

pytestmark = pytest.mark.long

RETRY = RetryConfig(delays=(0.1,))


def test_lag_and_counters(kafka: Kafka) -> None:
    events = 900
    names = Names("figures")
    names.make_topics(kafka, RETRY)
    place(kafka, names, range(events))
    assert sum(lag(kafka, names.group, [names.orders]).values()) == events
    registry = CollectorRegistry()
    stop = Stop()
    with EventProducer(kafka, ProducerConfig(name="p"), CONTRACTS) as producer:
        loop = Loop(
            kafka,
            names.consumer(batch=100),
            CONTRACTS,
            functools.partial(price, names),
            AtLeastOnce(producer),
            retry=RETRY,
            metrics=EventMetrics(names.group, registry),
            stop=stop,
        )
        with in_background(loop, stop):
            until(lambda: lag(kafka, names.group, [names.orders]), lambda found: not any_of(found))
            gauges = until(lambda: lags(registry, names), lambda found: found == [0.0] * PARTITIONS)
    handled = registry.get_sample_value(
        "events_handled_total", {"group": names.group, "topic": names.orders}
    )
    batches = registry.get_sample_value("events_batch_seconds_count", {"group": names.group})
    print(f"\n{events} events: handled {handled:.0f} in {batches:.0f} batches, lag {gauges}")
    assert handled == events
    assert batches is not None and batches >= events / 100
    # The group was left, so the lag is no longer this process's to tell.
    assert lags(registry, names) == []


def test_a_topic_that_is_not_there_is_named(kafka: Kafka) -> None:
    names = Names("missing")
    with EventProducer(kafka, ProducerConfig(name="p"), CONTRACTS) as producer:
        loop = Loop(
            kafka,
            names.consumer(),
            CONTRACTS,
            functools.partial(price, names),
            AtLeastOnce(producer),
            retry=RETRY,
        )
        with pytest.raises(EventsError, match=rf"no topic {names.orders}, .*make_topics makes it"):
            loop.run()


def any_of(found: dict[object, int]) -> int:
    return sum(found.values())


def lags(registry: CollectorRegistry, names: Names) -> list[float]:
    lines = generate_latest(registry).decode().splitlines()
    wanted = [line for line in lines if line.startswith("events_lag{") and names.orders in line]
    return [float(line.rsplit(" ", 1)[1]) for line in wanted]
