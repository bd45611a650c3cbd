"""Events come in order, when they are due, and the same ones every time."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from projects.fraud import columns as c
from projects.fraud.contracts import CONTRACTS, LABELS_TOPIC, PAYMENTS_TOPIC, Label, Payment
from projects.fraud.world.event_source import EventSourceConfig, arrivals, play

CONFIG = EventSourceConfig(first_day=20, days=10, payments_per_second=50.0, seed=4)


@pytest.fixture(scope="module")
def played(small_world):
    return list(arrivals(small_world, CONFIG))


def of_topic(events, topic):
    return [one for one in events if one.topic == topic]


def test_each_payment_of_the_days_comes_once_and_says_what_the_table_says(played, small_world):
    rows = small_world[small_world[c.TX_TIME_DAYS].between(20, 29)]
    payments = [one.event.data for one in of_topic(played, PAYMENTS_TOPIC)]
    assert all(isinstance(one, Payment) for one in payments)
    frame = pd.DataFrame([one.model_dump() for one in payments])
    assert frame["transaction_id"].tolist() == rows[c.TRANSACTION_ID].tolist()
    assert (frame["amount_cents"] / 100).tolist() == rows[c.TX_AMOUNT].tolist()
    assert frame["customer_id"].tolist() == rows[c.CUSTOMER_ID].tolist()
    assert frame["at"].dt.tz_localize(None).tolist() == rows[c.TX_DATETIME].tolist()


def test_a_label_comes_with_the_first_payment_after_it_is_known(played, small_world):
    labels = of_topic(played, LABELS_TOPIC)
    assert {one.event.data.known_at - one.event.data.payment_at for one in labels} == {
        timedelta(days=7)
    }
    now, waiting = None, []
    for one in played:
        if isinstance(one.event.data, Label):
            waiting.append(one)
            continue
        assert all(label.due == one.due for label in waiting)
        assert all(label.event.data.known_at <= one.event.data.at for label in waiting)
        assert now is None or all(label.event.data.known_at > now for label in waiting)
        now, waiting = one.event.data.at, []
    assert not waiting
    known = small_world[small_world[c.TX_TIME_DAYS] >= 13]
    known = known[known[c.TX_DATETIME] <= now.replace(tzinfo=None) - timedelta(days=7)]
    assert [one.event.data.transaction_id for one in labels] == known[c.TRANSACTION_ID].tolist()
    frauds = [one.event.data.fraud for one in labels]
    assert frauds == (known[c.TX_FRAUD] == 1).tolist() and any(frauds)


def test_the_same_table_gives_the_same_bytes(played, small_world):
    again = list(arrivals(small_world, CONFIG))
    assert [CONTRACTS.write(one.event) for one in again] == [
        CONTRACTS.write(one.event) for one in played
    ]
    assert len({one.event.id for one in played}) == len(played)
    assert all(one.key == str(one.event.data.customer_id) for one in played)


def test_arrivals_keep_the_rate(played, small_world):
    due = np.array([one.due for one in of_topic(played, PAYMENTS_TOPIC)])
    gaps = np.diff(due)
    assert gaps.mean() == pytest.approx(1 / 50, rel=0.1)
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.15)
    even = arrivals(small_world, replace(CONFIG, poisson=False))
    even = np.array([one.due for one in even if one.topic == PAYMENTS_TOPIC])
    np.testing.assert_allclose(np.diff(even), 1 / 50)


class Clock:
    """Pass time by sleeping and by sending, which takes 0.1 s for the first ten events."""

    def __init__(self, slow: int) -> None:
        self.now, self.sent, self.slow = 100.0, [], slow

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def send(self, arrival) -> None:
        self.sent.append((self.now - 100.0, arrival))
        self.now += 0.1 if len(self.sent) <= self.slow else 0.0


def test_who_is_slow_gets_a_queue_and_not_a_rest(played):
    clock = Clock(slow=0)
    found = play(played, clock.send, lambda: clock.now, clock.sleep)
    assert [one.due for _, one in clock.sent] == pytest.approx([at for at, _ in clock.sent])
    assert found.payments + found.labels == len(played) and found.worst_delay < 1e-6
    clock = Clock(slow=10)
    late = play(played, clock.send, lambda: clock.now, clock.sleep)
    assert late.worst_delay > 0.5
    assert [one for _, one in clock.sent] == played
    # What came late changed nothing about when the rest was due.
    assert late.seconds == pytest.approx(found.seconds)


def test_who_asks_for_the_end_does_not_wait_for_the_next_event(played):
    clock, asked = Clock(slow=0), []

    def is_over() -> bool:
        asked.append(clock.now)
        return clock.now >= 103.0

    seldom = [replace(one, due=number * 50.0) for number, one in enumerate(played[:3])]
    found = play(seldom, clock.send, lambda: clock.now, clock.sleep, is_over)
    assert [one for _, one in clock.sent] == seldom[:1]
    assert found.payments + found.labels == 1 and found.seconds == pytest.approx(3, abs=0.11)
    assert np.diff(asked).max() < 0.11


def test_a_source_that_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="payments_per_second"):
        replace(CONFIG, payments_per_second=0)
