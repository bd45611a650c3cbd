"""Play a payment table as events that arrive when they are due, whether anybody keeps up or not."""

import heapq
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from infra.events.contract import Envelope
from projects.fraud import columns as c
from projects.fraud.contracts import (
    LABEL,
    LABELS_TOPIC,
    PAYMENT,
    PAYMENTS_TOPIC,
    Label,
    Payment,
    key_of,
)
from projects.fraud.world.as_events import labels_of, payments_of

_EVENTS = uuid.UUID("7ab55a9d-5d5c-4d0a-9b54-5f7b2b0a2f5e")
_LABEL_FIRST, _PAYMENT_SECOND = 0, 1
_LONGEST_SLEEP_SECONDS = 0.1


@dataclass(frozen=True)
class EventSourceConfig:
    """Configure what is played: which days, at how many payments a second of the listener's clock.

    With `poisson` the gaps between payments are exponential, as of customers who do not know of
    each other; without, all are equal. `producer` is what events say they come from.
    """

    first_day: int
    days: int
    payments_per_second: float = 200.0
    label_delay_days: int = 7
    poisson: bool = True
    seed: int = 0
    producer: str = "simulator"

    def __post_init__(self) -> None:
        if self.payments_per_second <= 0 or self.days < 1 or self.label_delay_days < 0:
            raise ValueError(
                "payments_per_second and days must be above 0, label_delay_days not below, are "
                f"{self.payments_per_second}, {self.days} and {self.label_delay_days}"
            )


@dataclass(frozen=True)
class Arrival:
    """Hold an event, where it goes, and when it is due, in seconds after the start."""

    due: float
    topic: str
    key: str
    event: Envelope[Payment] | Envelope[Label]


@dataclass(frozen=True)
class Played:
    """Tell what was sent, and by how many seconds the latest of it was later than due."""

    payments: int
    labels: int
    seconds: float
    worst_delay: float


def arrivals(payments: pd.DataFrame, config: EventSourceConfig) -> Iterator[Arrival]:
    """Yield the payments of the days in order of time, and each label when it becomes known.

    A label is due with the first payment that is made once it is known, and comes before it. So
    labels of the days before `first_day` come as well; those of the last days do not. The same
    table gives the same events, with the same ids, every time.
    """
    day = payments[c.TX_TIME_DAYS]
    end = config.first_day + config.days
    played = payments[(day >= config.first_day) & (day < end)]
    labelled = payments[(day >= config.first_day - config.label_delay_days) & (day < end)]
    gaps = iter(_gaps(len(played), config))
    known = labels_of(labelled, timedelta(days=config.label_delay_days))
    due = 0.0
    held: list[Label] = []
    for data in heapq.merge(known, payments_of(played), key=_when):
        if isinstance(data, Label):
            held.append(data)
            continue
        due += next(gaps)
        for label in held:
            yield Arrival(due, LABELS_TOPIC, key_of(label), _label_event(label, config))
        held.clear()
        yield Arrival(due, PAYMENTS_TOPIC, key_of(data), _payment_event(data, config))


def play(
    events: Iterable[Arrival],
    send: Callable[[Arrival], None],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    is_over: Callable[[], bool] = lambda: False,
) -> Played:
    """Send each event when it is due; one that is late goes at once, and none is left out.

    The next is due when it is due, however long `send` took: a listener that is slow gets a queue,
    not a rest (an open loop). Made for one thread; `send` should not wait for an answer. Once
    `is_over` says so, nothing more is sent; it is asked at least every tenth of a second.
    """
    start = clock()
    payments = labels = 0
    worst = 0.0
    for arrival in events:
        while (early := start + arrival.due - clock()) > 0 and not is_over():
            sleep(min(early, _LONGEST_SLEEP_SECONDS))
        if is_over():
            break
        worst = max(worst, -early)
        send(arrival)
        if arrival.topic == PAYMENTS_TOPIC:
            payments += 1
        else:
            labels += 1
    return Played(payments, labels, clock() - start, worst)


def _when(data: Payment | Label) -> tuple[datetime, int, int]:
    if isinstance(data, Label):
        return data.known_at, _LABEL_FIRST, data.transaction_id
    return data.at, _PAYMENT_SECOND, data.transaction_id


def _gaps(count: int, config: EventSourceConfig) -> list[float]:
    mean = 1 / config.payments_per_second
    if not config.poisson:
        return [mean] * count
    return np.random.default_rng([3, config.seed]).exponential(mean, count).tolist()


def _payment_event(payment: Payment, config: EventSourceConfig) -> Envelope[Payment]:
    return PAYMENT.envelope(
        event=PAYMENT.event,
        version=PAYMENT.version,
        id=uuid.uuid5(_EVENTS, f"payment/{payment.transaction_id}"),
        time=payment.at,
        producer=config.producer,
        data=payment,
    )


def _label_event(label: Label, config: EventSourceConfig) -> Envelope[Label]:
    return LABEL.envelope(
        event=LABEL.event,
        version=LABEL.version,
        id=uuid.uuid5(_EVENTS, f"label/{label.transaction_id}/{label.source}"),
        time=label.known_at,
        producer=config.producer,
        data=label,
    )
