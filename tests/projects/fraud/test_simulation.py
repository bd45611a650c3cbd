"""The simulator keeps the published description."""

import numpy as np
import pandas as pd
import pytest

from projects.fraud import columns as c
from projects.fraud.scenarios import (
    COMPROMISED_TERMINAL,
    GENUINE,
    LARGE_AMOUNT,
    STOLEN_CARD,
    FraudConfig,
)
from projects.fraud.simulation import SimulationConfig, simulate


def test_columns_order_and_times(small_world, small_config):
    assert tuple(small_world.columns) == c.TRANSACTION_COLUMNS
    assert small_world[c.TX_TIME_SECONDS].is_monotonic_increasing
    assert (small_world[c.TRANSACTION_ID] == np.arange(len(small_world))).all()
    assert (small_world[c.TX_TIME_SECONDS] // 86_400 == small_world[c.TX_TIME_DAYS]).all()
    since = small_world[c.TX_DATETIME] - pd.Timestamp(small_config.start)
    assert (since.dt.total_seconds() == small_world[c.TX_TIME_SECONDS]).all()
    assert small_world[c.TX_TIME_DAYS].between(0, small_config.days - 1).all()


def test_same_seed_same_world(small_world, small_config):
    pd.testing.assert_frame_equal(simulate(small_config, 5), small_world)
    assert len(simulate(small_config, 6)) != len(small_world)
    assert len(simulate(small_config, 2**95 + 17)) > 0


def test_fraud_does_not_disturb_who_buys_where(small_world, quiet_world):
    shared = [c.CUSTOMER_ID, c.TERMINAL_ID, c.TX_TIME_SECONDS]
    pd.testing.assert_frame_equal(small_world[shared], quiet_world[shared])
    assert quiet_world[c.TX_FRAUD].sum() == 0


def test_amounts_follow_the_scenarios(small_world, quiet_world):
    scenario = small_world[c.TX_FRAUD_SCENARIO]
    factor = small_world[c.TX_AMOUNT] / quiet_world[c.TX_AMOUNT]
    before = quiet_world[c.TX_AMOUNT]
    assert np.allclose(factor[scenario != STOLEN_CARD], 1)
    assert np.allclose(
        small_world[c.TX_AMOUNT][scenario == STOLEN_CARD], 5 * before[scenario == STOLEN_CARD]
    )
    assert (before[scenario == LARGE_AMOUNT] > 220).all()
    assert (before[scenario == GENUINE] <= 220).all()
    assert ((scenario != GENUINE) == (small_world[c.TX_FRAUD] == 1)).all()
    assert set(scenario) == {GENUINE, LARGE_AMOUNT, COMPROMISED_TERMINAL, STOLEN_CARD}


def test_a_compromised_terminal_stays_so_for_four_weeks():
    config = SimulationConfig(
        customers=300,
        terminals=60,
        days=40,
        radius=30,
        fraud=FraudConfig(amount_limit=float("inf"), terminals_per_day=0.1, cards_per_day=0),
    )
    world = simulate(config, 3)
    by_day = world.groupby([c.TERMINAL_ID, c.TX_TIME_DAYS])[c.TX_FRAUD].agg(["min", "max"])
    assert (by_day["min"] == by_day["max"]).all()
    struck = by_day[by_day["max"] == 1].reset_index().groupby(c.TERMINAL_ID)[c.TX_TIME_DAYS]
    assert len(struck) == 4
    # Terminals are struck on days 9, 19, 29 and 39; the first is free again within the 40 days.
    assert sorted(struck.min()) == [9, 19, 29, 39]
    assert struck.max().max() == 39 and sorted(struck.max())[0] == 9 + 27


def test_a_stolen_card_pays_five_times_on_a_third_of_its_transactions():
    config = SimulationConfig(
        customers=400,
        terminals=400,
        days=20,
        radius=10,
        fraud=FraudConfig(amount_limit=float("inf"), terminals_per_day=0, cards_per_day=20),
    )
    world = simulate(config, 11)
    first_strike = world[world[c.TX_FRAUD] == 1]
    assert set(first_strike[c.TX_FRAUD_SCENARIO]) == {STOLEN_CARD}
    # After day 13 twenty cards a day for fourteen days overlap: 1 - (1 - 1/20) ** 14 are stolen.
    late = world[world[c.TX_TIME_DAYS] >= 13]
    assert late[c.TX_FRAUD].mean() == pytest.approx((1 - 0.95**14) / 3, rel=0.15)


def test_a_day_has_the_described_shape(quiet_world):
    second = quiet_world[c.TX_TIME_SECONDS] % 86_400
    assert second.mean() == pytest.approx(43_200, rel=0.02)
    assert 17_500 < second.std() < 20_000
    per_card = quiet_world.groupby(c.CUSTOMER_ID)[c.TX_AMOUNT].agg(["mean", "size"])
    mean = per_card[per_card["size"] > 50]["mean"]
    assert mean.between(3, 110).all() and mean.std() > 20


def test_terminals_lie_within_reach():
    near = SimulationConfig(customers=50, terminals=200, days=30, radius=5)
    far = SimulationConfig(customers=50, terminals=200, days=30, radius=40)
    used = [
        simulate(config, 2).groupby(c.CUSTOMER_ID)[c.TERMINAL_ID].nunique().median()
        for config in (near, far)
    ]
    assert used[0] <= 6 < 20 <= used[1]


def test_refuses_worlds_that_cannot_be():
    with pytest.raises(ValueError, match="customers must be at least 1, is 0"):
        SimulationConfig(customers=0)
    with pytest.raises(ValueError, match="card_share"):
        FraudConfig(card_share=1.5)
    with pytest.raises(ValueError, match="cards_per_day"):
        FraudConfig(cards_per_day=-1)
