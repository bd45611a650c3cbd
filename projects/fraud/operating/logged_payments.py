"""Read payments off the log, with their labels, as the table that is judged and learned from."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd

from autograder.errors import CourseError
from infra.events.configuration import MILLISECONDS
from infra.settings import Kafka
from projects.fraud import columns as c
from projects.fraud.contracts import LABELS_TOPIC, PAYMENTS_TOPIC, Payment
from projects.fraud.scoring.kafka_log import KafkaLog
from projects.fraud.scoring.label_log import read_label
from projects.fraud.scoring.rebuilding import read_payment

DAY_ZERO = date(2018, 4, 1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CENTS_IN_A_EURO = 100
# As for the scorer, which takes no payment that is dated later after it was sent.
_CLOCKS_APART = timedelta(days=1)


@dataclass(frozen=True)
class LogConfig:
    """Configure which topics are read, and which date is TX_TIME_DAYS 0.

    Models keep the days that they learned from as such numbers, so the date stays what it was. By
    default it is that of the public set and of the simulator.
    """

    payments: str = PAYMENTS_TOPIC
    labels: str = LABELS_TOPIC
    day_zero: date = DAY_ZERO

    @property
    def start(self) -> datetime:
        """Return the moment from which TX_TIME_SECONDS are counted."""
        return datetime.combine(self.day_zero, time(), UTC)

    def end_of(self, day: int) -> datetime:
        """Return the moment at which a day is over."""
        return self.start + timedelta(days=day + 1)


@dataclass(frozen=True)
class Logged:
    """Hold payments in order of time, as `payments_on_disk` has them; no label counts as genuine.

    `until` is how far the log has come in time, None where it is empty. Days before `begins` are
    not whole: the log has let go of their first payments. `left_out` counts records that are no
    payment or whose date cannot be.
    """

    payments: pd.DataFrame
    until: datetime | None
    begins: int
    left_out: int


def logged_payments(
    kafka: Kafka, config: LogConfig, wanted: Callable[[int], bool] = lambda day: True
) -> Logged:
    """Read the whole log, and keep the payments of the days that are `wanted`.

    Of a payment that is there twice the first counts, and so it is with labels, as for the scorer.
    Labels are read after payments: what was known when the last of these was sent is among them.
    Raise CourseError where there is no such topic, and UnavailableError when brokers do not answer.
    """
    rows = _Rows(config, wanted)
    with KafkaLog(kafka) as log:
        for partition in _partitions(log, config.payments):
            first, end = log.bounds(config.payments, partition)
            for place, record in enumerate(log.read(config.payments, partition, first, end)):
                rows.take(record, cut=first > 0 and place == 0)
        frauds: dict[int, bool] = {}
        known = set(rows.numbers)
        for partition in _partitions(log, config.labels):
            for record in log.read(config.labels, partition, *log.bounds(config.labels, partition)):
                label = read_label(record)
                if label is not None and label.transaction_id in known:
                    frauds.setdefault(label.transaction_id, label.fraud)
    return Logged(rows.table(frauds), rows.until, rows.begins, rows.left_out)


@dataclass
class _Rows:
    config: LogConfig
    wanted: Callable[[int], bool]
    until: datetime | None = None
    begins: int = 0
    left_out: int = 0
    numbers: "array[int]" = field(default_factory=lambda: array("q"))
    _moments: "array[int]" = field(default_factory=lambda: array("q"))
    _cards: "array[int]" = field(default_factory=lambda: array("q"))
    _terminals: "array[int]" = field(default_factory=lambda: array("q"))
    _cents: "array[int]" = field(default_factory=lambda: array("q"))

    def take(self, record: Any, *, cut: bool) -> None:
        payment = read_payment(record)
        sent = _EPOCH + timedelta(seconds=record.timestamp / MILLISECONDS)
        if payment is None or not self.config.start <= payment.at <= sent + _CLOCKS_APART:
            self.left_out += 1
            return
        # A clock that is ahead must not end the day for all the others.
        come = min(payment.at, sent)
        self.until = come if self.until is None else max(self.until, come)
        day = (payment.at - self.config.start).days
        if cut:
            self.begins = max(self.begins, day + 1)
        if self.wanted(day):
            self._keep(payment)

    def table(self, frauds: dict[int, bool]) -> pd.DataFrame:
        moments = np.array(self._moments, dtype=np.int64)
        seconds = (moments - (self.config.start - _EPOCH) // _MICROSECOND) // 1_000_000
        made = pd.DataFrame(
            {
                c.TRANSACTION_ID: np.array(self.numbers, dtype=np.int64),
                c.TX_DATETIME: moments.astype("datetime64[us]").astype("datetime64[ns]"),
                c.CUSTOMER_ID: np.array(self._cards, dtype=np.int64),
                c.TERMINAL_ID: np.array(self._terminals, dtype=np.int64),
                c.TX_AMOUNT: np.array(self._cents, dtype=np.int64) / _CENTS_IN_A_EURO,
                c.TX_TIME_SECONDS: seconds,
                c.TX_TIME_DAYS: seconds // c.SECONDS_PER_DAY,
                c.TX_FRAUD: np.array(
                    [frauds.get(number, False) for number in self.numbers], dtype=np.int64
                ),
            }
        )
        once = made.drop_duplicates(c.TRANSACTION_ID)
        return once.sort_values([c.TX_TIME_SECONDS, c.TRANSACTION_ID], ignore_index=True)

    def _keep(self, payment: Payment) -> None:
        self.numbers.append(payment.transaction_id)
        self._moments.append((payment.at - _EPOCH) // _MICROSECOND)
        self._cards.append(payment.customer_id)
        self._terminals.append(payment.terminal_id)
        self._cents.append(payment.amount_cents)


def _partitions(log: KafkaLog, topic: str) -> list[int]:
    found = log.partitions(topic)
    if not found:
        raise CourseError(
            f"There is no topic {topic}.", mend="Name it, or start the scorer, which makes it."
        )
    return found
