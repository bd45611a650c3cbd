"""The split leaves the label delay between its periods and drops the cards known bad."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projects.fraud import columns as c
from projects.fraud.splitting import SplitConfig, time_split


@settings(max_examples=25, deadline=None)
@given(
    start=st.integers(0, 15),
    train=st.integers(1, 8),
    delay=st.integers(0, 9),
    test=st.integers(1, 8),
)
def test_periods_and_known_cards_by_loop(small_world, start, train, delay, test):
    config = SplitConfig(start, train, delay, test)
    got_train, got_test = time_split(small_world, config)
    assert sorted(set(got_train[c.TX_TIME_DAYS])) == list(range(start, start + train))
    first_test_day = start + train + delay
    frauds = small_world[(small_world[c.TX_FRAUD] == 1) & (small_world[c.TX_TIME_DAYS] >= start)]
    expected = []
    for day in range(first_test_day, first_test_day + test):
        known = frauds[frauds[c.TX_TIME_DAYS] < day - delay][c.CUSTOMER_ID]
        today = small_world[small_world[c.TX_TIME_DAYS] == day]
        expected.append(today[~today[c.CUSTOMER_ID].isin(known)])
    pd.testing.assert_frame_equal(got_test, pd.concat(expected))


def test_says_which_period_is_empty(small_world):
    with pytest.raises(ValueError, match="no transactions in the test period"):
        time_split(small_world, SplitConfig(40))
