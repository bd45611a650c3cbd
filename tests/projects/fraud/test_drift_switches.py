"""Each switch changes what it says from its day on, and nothing before or beside it."""

import numpy as np
import pandas as pd
import pytest

from projects.fraud import columns as c
from projects.fraud.features import add_features
from projects.fraud.world.drift import (
    CARD_TESTING,
    CardTesting,
    DriftConfig,
    Holiday,
    Inflation,
    add_drift,
    simulate_with_drift,
)
from projects.fraud.world.drift_pictures import drifted_worlds

DAY = 30
ALL = DriftConfig(CardTesting(DAY, 2.0, 10), Inflation(DAY, 0.02, 10), Holiday(DAY, 3, 2.0))


def by_day(table: pd.DataFrame, name: str, how: str = "mean") -> pd.Series:
    return table.groupby(c.TX_TIME_DAYS)[name].agg(how)


@pytest.mark.parametrize(
    "drift",
    [
        ALL,
        DriftConfig(testing=ALL.testing),
        DriftConfig(inflation=ALL.inflation),
        DriftConfig(holiday=ALL.holiday),
        DriftConfig(),
    ],
    ids=["all", "testing", "inflation", "holiday", "none"],
)
def test_the_past_stays_and_the_table_stays_a_table(small_config, small_world, drift):
    changed = simulate_with_drift(small_config, drift, 5)
    before = small_world[c.TX_TIME_DAYS] < DAY
    pd.testing.assert_frame_equal(changed.head(before.sum()), small_world[before])
    assert changed.equals(small_world) == (drift == DriftConfig())
    assert list(changed.columns) == list(small_world.columns)
    assert (changed.dtypes == small_world.dtypes).all()
    assert changed[c.TX_TIME_SECONDS].is_monotonic_increasing
    assert (changed[c.TRANSACTION_ID] == np.arange(len(changed))).all()
    seconds = (changed[c.TX_DATETIME] - pd.Timestamp(small_config.start)).dt.total_seconds()
    assert (seconds == changed[c.TX_TIME_SECONDS]).all()
    assert (changed[c.TX_TIME_SECONDS] // c.SECONDS_PER_DAY == changed[c.TX_TIME_DAYS]).all()
    pd.testing.assert_frame_equal(changed, add_drift(small_world, drift, 5))


def test_card_testing_is_small_in_amount_and_great_in_number(small_world):
    changed = add_features(add_drift(small_world, DriftConfig(testing=ALL.testing), 1))
    new = changed[changed[c.TX_FRAUD_SCENARIO] == CARD_TESTING]
    days = small_world[c.TX_TIME_DAYS].max() + 1 - DAY
    assert len(new) == days * 2 * 10 == len(changed) - len(small_world)
    assert new[c.TX_FRAUD].all() and new[c.TX_AMOUNT].max() <= 5
    busiest = f"{c.CUSTOMER_ID}_NB_TX_1DAY_WINDOW"
    assert new.groupby([c.CUSTOMER_ID, c.TX_TIME_DAYS])[busiest].max().min() >= 10
    half = add_drift(small_world, DriftConfig(testing=CardTesting(DAY, 0.5, 10)), 1)
    assert len(half) - len(small_world) == int(days * 0.5) * 10


def test_inflation_raises_amounts_and_no_frauds(small_world):
    changed = add_drift(small_world, DriftConfig(inflation=ALL.inflation), 1)
    factor = changed[c.TX_AMOUNT] / small_world[c.TX_AMOUNT].where(small_world[c.TX_AMOUNT] > 5)
    daily = factor.groupby(changed[c.TX_TIME_DAYS]).median()
    assert daily[DAY - 1] == 1
    assert daily[DAY] == pytest.approx(1.02, rel=1e-3)
    assert daily[DAY + 9] == pytest.approx(1.02**10, rel=1e-3)
    assert daily[DAY + 15] == pytest.approx(1.02**10, rel=1e-3)
    assert changed[c.TX_FRAUD].equals(small_world[c.TX_FRAUD])


@pytest.mark.parametrize("volume", [2.0, 0.5, 0.0])
def test_a_holiday_changes_volume_and_not_the_share_of_frauds(quiet_world, small_world, volume):
    drift = DriftConfig(holiday=Holiday(DAY, 3, volume))
    changed = add_drift(small_world, drift, 1)
    counts, usual = (by_day(one, c.TX_FRAUD, "size") for one in (changed, small_world))
    days = range(DAY, DAY + 3)
    for day in days:
        assert counts.get(day, 0) == round(usual[day] * volume)
    assert counts.drop(list(days), errors="ignore").equals(usual.drop(list(days)))
    if volume:
        there = changed[c.TX_TIME_DAYS].isin(days)
        before = small_world[small_world[c.TX_TIME_DAYS].isin(days)]
        assert changed.loc[there, c.TX_FRAUD].mean() == pytest.approx(
            before[c.TX_FRAUD].mean(), abs=0.02
        )
        assert changed.loc[there, c.TX_AMOUNT].mean() == pytest.approx(
            before[c.TX_AMOUNT].mean(), rel=0.15
        )


def test_switches_draw_from_streams_of_their_own(small_world):
    alone = add_drift(small_world, DriftConfig(testing=ALL.testing), 3)
    both = add_drift(small_world, DriftConfig(ALL.testing, None, Holiday(DAY, 1, 0.9)), 3)
    new = [one[one[c.TX_FRAUD_SCENARIO] == CARD_TESTING] for one in (alone, both)]
    amounts = [np.sort(one[c.TX_AMOUNT].to_numpy()) for one in new]
    assert (amounts[0] == amounts[1]).all()


def test_the_picture_shows_each_switch_in_the_figure_it_changes(small_world):
    worlds = {
        name: add_drift(small_world, drift, 1)
        for name, drift in {
            "new frauds": DriftConfig(testing=ALL.testing),
            "inflation": DriftConfig(inflation=ALL.inflation),
            "holiday": DriftConfig(holiday=ALL.holiday),
        }.items()
    }
    figure = drifted_worlds(small_world, worlds)
    assert len(figure.axes) == 9
    moved = {}
    for number, axes in enumerate(figure.axes):
        after, before = (line.get_ydata() for line in axes.lines)
        np.testing.assert_array_equal(after[:DAY], before[:DAY])
        moved[number // 3, number % 3] = np.mean(after[DAY : DAY + 3]) / np.mean(
            before[DAY : DAY + 3]
        )
    frauds, amount, volume = moved[0, 2], moved[1, 1], moved[2, 0]
    assert frauds > 2 and 1.02 < amount < 1.06 and volume == pytest.approx(2, rel=1e-2)
    assert moved[1, 0] == moved[1, 2] == 1
