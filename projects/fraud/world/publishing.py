"""Publish a payment table to Kafka as it is played, for a while or until asked to stop."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from autograder.errors import CourseError
from infra.events.configuration import ProducerConfig
from infra.events.producer import EventProducer
from infra.settings import Kafka
from projects.fraud import columns as c
from projects.fraud.contracts import CONTRACTS, LABELS_TOPIC, PAYMENTS_TOPIC
from projects.fraud.world.event_source import Arrival, EventSourceConfig, Played, arrivals, play

# So many standard deviations more than are due on average, lest the last seconds be empty.
_MARGIN = 6


@dataclass(frozen=True)
class PublishingConfig:
    """Configure what is published where: `seconds` of events, from the first of `source`'s days.

    As many days are played as `seconds` take; `source.days` says how many at most.
    """

    source: EventSourceConfig
    seconds: float = 60.0
    payments: str = PAYMENTS_TOPIC
    labels: str = LABELS_TOPIC
    producer: ProducerConfig = field(default_factory=lambda: ProducerConfig(name="world"))

    @property
    def topics(self) -> dict[str, str]:
        """Return which topic stands for which of the contracts' own."""
        return {PAYMENTS_TOPIC: self.payments, LABELS_TOPIC: self.labels}


def publish_world(
    kafka: Kafka,
    payments: pd.DataFrame,
    config: PublishingConfig,
    *,
    is_over: Callable[[], bool] = lambda: False,
    told: Callable[[Arrival], None] = lambda arrival: None,
) -> Played:
    """Publish events when they are due, and return once all that was sent is acknowledged.

    It ends when the seconds or the table are over, or `is_over` says so. The topics must be there.
    Raise CourseError where the days hold no payment, PublishError for what was not acknowledged.
    """
    source = replace(config.source, days=_days(payments, config))
    due = itertools.takewhile(lambda one: one.due <= config.seconds, arrivals(payments, source))
    # Made before the clock starts, since the first takes the time that all tables take.
    first = list(itertools.islice(due, 1))
    with EventProducer(kafka, config.producer, CONTRACTS) as producer:

        def send(arrival: Arrival) -> None:
            producer.send(config.topics[arrival.topic], arrival.event, key=arrival.key)
            told(arrival)

        return play(itertools.chain(first, due), send, is_over=is_over)


def _days(payments: pd.DataFrame, config: PublishingConfig) -> int:
    """Return how many days hold what is due; to play more would only take memory."""
    source = config.source
    day = payments[c.TX_TIME_DAYS] - source.first_day
    counts = np.bincount(day[(day >= 0) & (day < source.days)])
    if counts.sum() == 0:
        raise CourseError(
            f"There are no payments from day {source.first_day} on.",
            mend=f"The last day is {payments[c.TX_TIME_DAYS].max()}: begin earlier.",
        )
    mean = config.seconds * source.payments_per_second
    needed = mean + _MARGIN * math.sqrt(mean) + 1
    return int(min(np.searchsorted(np.cumsum(counts), needed) + 1, len(counts)))
