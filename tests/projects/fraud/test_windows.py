"""The features defined once are those of `features.py`, in batch and on a disordered stream."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from payment_streams import disordered, labels_of, payments_of

from infra.features.errors import FeatureError, SnapshotError
from infra.features.on_stream import Arrival
from projects.fraud import columns as c
from projects.fraud.features import FeatureConfig, add_features
from projects.fraud.simulation import simulate
from projects.fraud.windows.batch import batch_features, labels_known_in_time
from projects.fraud.windows.definitions import COUNTED_AT
from projects.fraud.windows.online import OnlineConfig, OnlineWindows

NAMES = list(FeatureConfig().names)
DAY = timedelta(days=1)
LATENESS = pd.Timedelta(hours=20)


def assert_same(found: pd.DataFrame, due: pd.DataFrame) -> None:
    counts = [name for name in NAMES if "_NB_TX_" in name or name.startswith("TX_DURING")]
    pd.testing.assert_frame_equal(
        found[counts].astype(np.int64), due[counts].astype(np.int64), check_exact=True
    )
    np.testing.assert_allclose(found[NAMES], due[NAMES], rtol=1e-9, atol=1e-9)


@pytest.fixture(scope="module")
def world(small_config):
    return simulate(replace(small_config, customers=60, terminals=100, radius=12), 5)


@pytest.fixture(scope="module")
def due(world):
    return add_features(world)[NAMES]


@pytest.mark.parametrize("engine", ["pandas", "duckdb"])
def test_the_batch_equals_the_baselines_features(engine, world, due):
    shuffled = world.sample(frac=1, random_state=1)
    found = batch_features(shuffled, engine=engine)
    assert list(found.columns) == NAMES and list(found.index) == list(shuffled.index)
    assert_same(found.sort_index(), due)
    assert (due[[name for name in NAMES if "RISK" in name]] > 0).any().all()


def test_a_disordered_stream_with_copies_equals_the_batch(world, due):
    windows = OnlineWindows(OnlineConfig(tidy_every=500))
    payments, labels = payments_of(world), labels_of(world)
    for payment in payments:
        number = str(payment.transaction_id)
        windows.payments.ask(number, payment.customer_id, payment.at)
        windows.labels.ask(number, payment.terminal_id, payment.at)
    answers: dict[str, dict[str, float]] = {str(one.transaction_id): {} for one in payments}
    times = world[c.TX_DATETIME]
    last = {"at": payments[-1].at + 60 * DAY, "transaction_id": 10**9, "customer_id": 10**6}
    coming = [payments[place] for place in disordered(times, LATENESS, 1)]
    for payment in [*coming, payments[-1].model_copy(update=last)]:
        windows.add_payment(payment)
        for one in windows.payments.settled():
            answers[one.question] |= one.features
    known = [labels[place] for place in disordered(times, LATENESS, 2)]
    later = {"transaction_id": 10**9, "terminal_id": 10**6}
    later |= {"payment_at": last["at"], "known_at": last["at"]}
    for label in [*known, labels[-1].model_copy(update=later)]:
        windows.add_label(label)
        for one in windows.labels.settled():
            answers[one.question] |= one.features
    for state in (windows.payments, windows.labels):
        assert state.arrivals[Arrival.LATE] == 0
        assert state.arrivals[Arrival.DUPLICATE] == len(payments) // 10
    found = pd.DataFrame.from_dict(answers, orient="index").set_index(due.index)
    assert_same(pd.concat([due[NAMES[:3]], found], axis=1), due)


def rows_in_order(windows, payments, labels, *, restart_at=None):
    """Add each payment and every label known by then, restarting once, and return the rows."""
    rows, known = [], 0
    for place, payment in enumerate(payments):
        if place == restart_at:
            windows = OnlineWindows.restore(windows.config, windows.snapshot())
        while known < len(labels) and labels[known].known_at <= payment.at:
            windows.add_label(labels[known])
            known += 1
        assert windows.add_payment(payment) is Arrival.ACCEPTED
        rows.append(windows.row(payment))
    return np.array(rows), windows.snapshot()


def test_rows_at_the_moment_of_payment_and_after_a_restart(world, due):
    payments, labels = payments_of(world), labels_of(world)
    rows, end = rows_in_order(OnlineWindows(), payments, labels)
    # Of two payments of one card in one second the first cannot know of the second.
    first = world.duplicated([c.CUSTOMER_ID, c.TX_DATETIME], keep="last").to_numpy()
    assert first.mean() < 0.001
    assert_same(pd.DataFrame(rows, due.index, NAMES)[~first], due[~first])
    middle = len(payments) // 2
    again, end_again = rows_in_order(OnlineWindows(), payments, labels, restart_at=middle)
    assert again.tobytes() == rows.tobytes() and end_again == end
    np.testing.assert_array_equal(rows[~first], batch_features(world)[~first])


def test_labels_may_all_come_before_the_payments(world):
    short = world[world[c.TX_TIME_DAYS] < 20]
    payments, labels = payments_of(short), labels_of(short)
    in_time, _ = rows_in_order(OnlineWindows(), payments, labels)
    early = OnlineWindows(OnlineConfig(label_lateness=30 * DAY))
    for label in np.random.default_rng(0).permutation(np.array(labels, dtype=object)):
        early.add_label(label)
    rows, _ = rows_in_order(early, payments, [])
    assert rows.tobytes() == in_time.tobytes()


def test_no_label_of_the_last_seven_days_changes_a_feature(world, due):
    last = world[c.TX_TIME_SECONDS].max()
    unknown = world[c.TX_TIME_SECONDS] > last - 7 * c.SECONDS_PER_DAY
    flipped = 1 - world[c.TX_FRAUD]
    moved = world.assign(TX_FRAUD=world[c.TX_FRAUD].where(~unknown, flipped))
    pd.testing.assert_frame_equal(batch_features(moved), batch_features(world))

    def rows(world, delay):
        windows = OnlineWindows()
        for label in labels_of(world, delay):
            windows.add_label(label)
        payments = payments_of(world)
        recent = [one for one in payments if one.at > payments[-1].at - DAY]
        return np.array([windows.row(payment) for payment in recent])

    # Even where an investigator knew at once.
    for delay in (pd.Timedelta(0), pd.Timedelta(days=7)):
        assert rows(moved, delay).tobytes() == rows(world, delay).tobytes()
    known = world.assign(TX_FRAUD=world[c.TX_FRAUD].where(unknown, flipped))
    assert rows(known, delay).tobytes() != rows(world, delay).tobytes()


def test_what_is_known_late_counts_from_then_on(world):
    payment, label = payments_of(world)[0], labels_of(world)[0]
    late = label.model_copy(update={"known_at": label.payment_at + 20 * DAY, "fraud": True})
    windows = OnlineWindows()
    windows.add_label(late)

    def risk(after: timedelta) -> float:
        asked = payment.model_copy(update={"at": payment.at + after})
        return dict(zip(NAMES, windows.row(asked), strict=True))["TERMINAL_ID_RISK_1DAY_WINDOW"]

    second = timedelta(seconds=1)
    assert [risk(20 * DAY - second), risk(20 * DAY), risk(21 * DAY)] == [0.0, 1.0, 0.0]
    labels = labels_known_in_time(world.head(1)).assign(TX_FRAUD=1)
    labels[COUNTED_AT] += pd.Timedelta(days=13)
    asked = world.head(1).assign(TX_DATETIME=world[c.TX_DATETIME][:1] + 20 * DAY)
    assert batch_features(asked, labels=labels)["TERMINAL_ID_RISK_1DAY_WINDOW"].tolist() == [1.0]


def test_copies_are_known_even_when_they_are_late(world):
    payments = payments_of(world)
    windows = OnlineWindows(OnlineConfig(payment_lateness=timedelta(hours=1), tidy_every=1))
    for payment in payments[:1000]:
        windows.add_payment(payment)
    assert windows.add_payment(payments[10]) is Arrival.DUPLICATE
    other = payments[10].model_copy(update={"transaction_id": 10**9})
    assert windows.add_payment(other) is Arrival.LATE


def test_foreign_snapshots_are_refused(world):
    windows = OnlineWindows()
    windows.add_payment(payments_of(world)[0])
    config, snapshot = windows.config, windows.snapshot()
    for broken in (b"", snapshot[:-1], b"[1,2]\nabc", snapshot[::-1]):
        with pytest.raises(SnapshotError):
            OnlineWindows.restore(config, broken)
    with pytest.raises(SnapshotError, match="another definition"):
        OnlineWindows.restore(OnlineConfig(FeatureConfig((1, 7))), snapshot)
    with pytest.raises(SnapshotError, match="were kept with"):
        OnlineWindows.restore(OnlineConfig(payment_lateness=2 * DAY), snapshot)
    with pytest.raises(FeatureError, match="no column"):
        batch_features(world.drop(columns=c.TX_AMOUNT))
