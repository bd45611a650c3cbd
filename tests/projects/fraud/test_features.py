"""The vectorised windows equal a plain loop, and nothing looks past the label delay."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.fraud import columns as c
from projects.fraud.features import FeatureConfig, add_features, customer_windows, terminal_windows

DAY = 86_400


def table(rows: list[tuple[int, int, int, int]]) -> pd.DataFrame:
    time, entity, cents, fraud = (np.array(x) for x in zip(*rows, strict=True))
    return pd.DataFrame(
        {
            c.CUSTOMER_ID: entity,
            c.TERMINAL_ID: entity,
            c.TX_TIME_SECONDS: time,
            c.TX_TIME_DAYS: time // DAY,
            c.TX_DATETIME: pd.Timestamp("2018-04-01") + pd.to_timedelta(time, "s"),
            c.TX_AMOUNT: cents / 100,
            c.TX_FRAUD: fraud,
        }
    )


# Times on a coarse grid, so that edges of windows are hit exactly and often.
transactions = st.lists(
    st.tuples(
        st.integers(0, 40).map(lambda half_days: half_days * DAY // 2),
        st.integers(0, 3),
        st.integers(1, 50_000),
        st.integers(0, 1),
    ),
    min_size=1,
    max_size=40,
).map(table)


def by_loop(frame, entity, value, after_days, until_days):
    counts, means = [], []
    for now, who in zip(frame[c.TX_TIME_SECONDS], frame[entity], strict=True):
        time = frame[c.TX_TIME_SECONDS]
        inside = (
            (frame[entity] == who)
            & (time > now + after_days * DAY)
            & (time <= now + until_days * DAY)
        )
        counts.append(int(inside.sum()))
        means.append(frame[value][inside].mean() if inside.any() else 0.0)
    return counts, means


@settings(max_examples=40, deadline=None)
@given(transactions, st.integers(1, 8))
def test_customer_windows_equal_a_loop(frame, days):
    got = customer_windows(frame, [days])
    counts, means = by_loop(frame, c.CUSTOMER_ID, c.TX_AMOUNT, -days, 0)
    assert list(got[f"CUSTOMER_ID_NB_TX_{days}DAY_WINDOW"]) == counts
    np.testing.assert_allclose(got[f"CUSTOMER_ID_AVG_AMOUNT_{days}DAY_WINDOW"], means)


@settings(max_examples=40, deadline=None)
@given(transactions, st.integers(1, 8), st.integers(0, 8))
def test_terminal_windows_equal_a_loop(frame, days, delay):
    got = terminal_windows(frame, [days], delay)
    counts, means = by_loop(frame, c.TERMINAL_ID, c.TX_FRAUD, -delay - days, -delay)
    assert list(got[f"TERMINAL_ID_NB_TX_{days}DAY_WINDOW"]) == counts
    np.testing.assert_allclose(got[f"TERMINAL_ID_RISK_{days}DAY_WINDOW"], means)


def test_no_label_is_read_before_it_is_known(small_world):
    config = FeatureConfig()
    last = small_world[c.TX_TIME_SECONDS].max()
    unknown = small_world[c.TX_TIME_SECONDS] > last - 7 * DAY
    moved = small_world.assign(
        TX_FRAUD=small_world[c.TX_FRAUD].where(~unknown, 1 - small_world[c.TX_FRAUD])
    )
    names = list(config.names)
    before, after = (add_features(frame, config)[names] for frame in (small_world, moved))
    pd.testing.assert_frame_equal(before, after)

    known = small_world.assign(
        TX_FRAUD=small_world[c.TX_FRAUD].where(unknown, 1 - small_world[c.TX_FRAUD])
    )
    assert not add_features(known, config)[names].equals(before)


def test_rows_may_come_in_any_order(small_world):
    shuffled = small_world.sample(frac=1, random_state=0)
    expected = add_features(small_world)
    pd.testing.assert_frame_equal(add_features(shuffled).sort_index(), expected)
    assert list(expected.columns) == [*small_world.columns, *FeatureConfig().names[1:]]


def test_night_and_weekend():
    sunday_night, monday_noon = 3 * 3_600, DAY + 12 * 3_600
    got = add_features(table([(sunday_night, 0, 100, 0), (monday_noon, 0, 100, 0)]))
    assert list(got["TX_DURING_WEEKEND"]) == [1, 0]
    assert list(got["TX_DURING_NIGHT"]) == [1, 0]


@pytest.mark.parametrize("rows", [0, 1])
def test_small_tables(rows, small_world):
    got = add_features(small_world.head(rows))
    assert len(got) == rows and not got.isna().any().any()
