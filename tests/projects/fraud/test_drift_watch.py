"""The watch tells features, scores and labels apart, and traffic alone is no drift."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from infra.monitoring.drift.detector import Verdict
from projects.fraud.operating.drift_watch import (
    ALERT,
    FEATURES,
    LABELS,
    SCORE,
    SCORES,
    TESTS,
    DriftWatch,
    WatchConfig,
    meaning,
)
from projects.fraud.operating.drills import CHANGES, DrillConfig, DrillSeed, smaller

ROWS = 2000
DAYS = 60


def payments(seed: int, rows: int = ROWS) -> pd.DataFrame:
    """Return a made-up day of payments whose columns depend on one another as real ones do."""
    rng = np.random.default_rng(seed)
    mean = rng.uniform(5, 100, rows)
    amount = rng.normal(mean, mean / 2).clip(0.01)
    score = 1 / (1 + np.exp(5 - amount / 60 + rng.normal(0, 1, rows)))
    return pd.DataFrame(
        {
            "TX_AMOUNT": amount,
            "TX_DURING_NIGHT": (rng.random(rows) < 0.1).astype(int),
            "CUSTOMER_ID_AVG_AMOUNT_7DAY_WINDOW": (mean + amount) / 2,
            SCORE: score,
            ALERT: (score > 0.2).astype(int),
            "TX_FRAUD": (rng.random(rows) < score / 2).astype(int),
        }
    )


@pytest.fixture(scope="module")
def watch() -> DriftWatch:
    return DriftWatch.calibrate(payments(0, 30 * ROWS), WatchConfig(ROWS))


def dearer(day: pd.DataFrame) -> pd.DataFrame:
    return day.assign(TX_AMOUNT=day["TX_AMOUNT"] * 1.2)


def wrong_model(day: pd.DataFrame) -> pd.DataFrame:
    return day.assign(**{SCORE: day[SCORE] ** 0.5, ALERT: (day[SCORE] ** 0.5 > 0.2).astype(int)})


def more_fraud(day: pd.DataFrame) -> pd.DataFrame:
    struck = np.random.default_rng(9).random(len(day)) < 0.03
    return day.assign(TX_FRAUD=day["TX_FRAUD"].where(~struck, 1))


@pytest.mark.parametrize(
    ("change", "watch_that_speaks"),
    [(dearer, FEATURES), (wrong_model, SCORES), (more_fraud, LABELS)],
)
def test_a_change_moves_its_own_watch_and_no_other(
    watch: DriftWatch, change: Callable[[pd.DataFrame], pd.DataFrame], watch_that_speaks: str
) -> None:
    for seed in range(1, 6):
        day = change(payments(seed))
        report = watch.judge(seed, day, day)
        assert report.moved == {watch_that_speaks}, report.in_words()
        assert report.judged == set(TESTS)


def test_traffic_alone_raises_no_more_alarms_than_were_stated(watch: DriftWatch) -> None:
    for rows in (ROWS // 2, ROWS, 2 * ROWS, 10 * ROWS):
        days = [payments(1000 + seed, rows) for seed in range(DAYS)]
        alarms = sum(bool(watch.judge(n, day, day).moved) for n, day in enumerate(days))
        # One a month is stated; Poisson's law lets six or more in two months pass once in sixty.
        assert alarms <= 5, (rows, alarms)


def test_a_quiet_day_with_few_payments_is_not_judged(watch: DriftWatch) -> None:
    report = watch.judge(1, payments(1, 50), payments(2, 150))
    assert report.judged == frozenset() and report.moved == frozenset()
    assert {one.verdict for one in report.reports.values()} == {Verdict.TOO_FEW_ROWS}


def test_every_combination_means_something_of_its_own() -> None:
    all_of_them = [frozenset(some) for n in range(4) for some in combinations(TESTS, n)]
    assert len({meaning(moved) for moved in all_of_them}) == 8


def test_the_stated_rate_is_shared_by_the_watches() -> None:
    config = WatchConfig(ROWS, false_alarms_a_month=3)
    assert sum(config.detector(watch).false_alarm_rate for watch in TESTS) == pytest.approx(0.1)
    with pytest.raises(ValueError, match="false_alarms_a_month"):
        WatchConfig(ROWS, false_alarms_a_month=0)


def test_a_drill_needs_full_windows_before_its_model_learns() -> None:
    with pytest.raises(ValueError, match="ascend"):
        DrillConfig(train=20)


@pytest.mark.long
def test_in_a_simulated_world_prices_and_fraud_are_noticed_and_traffic_is_not() -> None:
    config = smaller(DrillConfig(), 400, 800)
    world = DrillSeed(config, 7)
    spoke = {}
    for change in CHANGES:
        late = [one for one in world.drill(change).reports if one.day >= config.change]
        spoke[change] = {w: sum(w in one.moved for one in late) / len(late) for w in TESTS}
    assert spoke["prices up by 1 % a day"][FEATURES] > 0.5
    assert spoke["3 % of terminals attacked"][LABELS] > 0.3
    assert spoke["3 % of terminals attacked"][FEATURES] < 0.2
    for quiet in ("nothing", "a holiday: twice the traffic for 3 days"):
        assert sum(spoke[quiet].values()) < 0.3, spoke
