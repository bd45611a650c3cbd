"""Bounds take in that days differ from one another, and no more than they do."""

import numpy as np
import pandas as pd
import pytest

from infra.monitoring.drift.configuration import DriftConfig, FeatureTest, Test
from infra.monitoring.drift.detector import DriftDetector, Verdict
from projects.fraud import columns as c
from projects.fraud.operating.day_calibration import calibrate_on_days
from projects.fraud.operating.drift_watch import LABELS, WatchConfig
from projects.fraud.operating.drills import DrillConfig
from projects.fraud.simulation import simulate

ROWS, DAYS = 500, 30
STATED = 0.02
CONFIG = DriftConfig(
    (FeatureTest(c.TX_FRAUD, Test.RATE, 0.0),),
    window_rows=ROWS,
    false_alarm_rate=STATED,
    draws=1000,
)


def days(seed: int, count: int, spread: float) -> pd.DataFrame:
    """Return days whose rate of frauds is drawn anew each day, `spread` times its mean apart."""
    rng = np.random.default_rng(seed)
    rates = np.clip(rng.normal(0.05, 0.05 * spread, count), 0.001, 1).repeat(ROWS)
    return pd.DataFrame(
        {
            c.TX_TIME_DAYS: np.arange(count).repeat(ROWS),
            c.TX_FRAUD: (rng.random(len(rates)) < rates).astype(int),
        }
    )


def share_of_alarms(detector: DriftDetector, frame: pd.DataFrame) -> float:
    found = [detector.check(day).verdict for _, day in frame.groupby(c.TX_TIME_DAYS)]
    return found.count(Verdict.DRIFTED) / len(found)


def on_days(reference: pd.DataFrame) -> DriftDetector:
    return calibrate_on_days(reference, reference[c.TX_TIME_DAYS], CONFIG)


def test_days_that_differ_raise_as_few_alarms_as_were_stated() -> None:
    plain, calibrated = [], []
    for seed in range(6):
        reference, later = days(seed, DAYS, 0.3), days(100 + seed, 150, 0.3)
        plain.append(share_of_alarms(DriftDetector.calibrate(reference, CONFIG), later))
        calibrated.append(share_of_alarms(on_days(reference), later))
    # The rates of 30 days are known roughly, so somewhat more than stated is left.
    assert np.mean(plain) > 5 * STATED
    assert np.mean(calibrated) < 2 * STATED


def test_days_that_do_not_differ_keep_their_bounds_but_for_chance() -> None:
    wider = []
    for seed in range(12):
        reference = days(seed, DAYS, 0.0)
        plain = DriftDetector.calibrate(reference, CONFIG).bounds[0]
        wider.append(on_days(reference).bounds[0] / plain)
    assert min(wider) > 0.999
    # The spread of 30 days is known to an eighth, of which the half above is taken.
    assert np.mean(wider) < 1.12


def test_a_change_is_still_seen() -> None:
    detector = on_days(days(1, DAYS, 0.1))
    assert share_of_alarms(detector, days(2, 20, 0.1).assign(**{c.TX_FRAUD: 0})) == 1.0


def test_a_reference_that_cannot_be_used_is_refused() -> None:
    frame = days(1, DAYS, 0.1)
    with pytest.raises(ValueError, match="no column TX_FRAUD"):
        on_days(frame.drop(columns=c.TX_FRAUD))
    with pytest.raises(ValueError, match="two days or more"):
        on_days(frame.assign(**{c.TX_TIME_DAYS: 3}))
    with pytest.raises(ValueError, match="needs at least 1000"):
        on_days(frame[frame[c.TX_TIME_DAYS] < 1.5].iloc[: 2 * ROWS - 1])


@pytest.mark.long
def test_in_worlds_without_drift_labels_alarm_less_often_than_by_random_rows() -> None:
    config, months, plain, calibrated = DrillConfig(), 0.0, 0.0, 0.0
    for seed in range(300, 320):
        world = simulate(config.world, seed)[[c.TX_TIME_DAYS, c.TX_FRAUD]]
        day = world[c.TX_TIME_DAYS]
        reference = world[day.between(config.reference, config.watch - 1)]
        later = world[day >= config.watch]
        watch = WatchConfig(round(len(reference) / (config.watch - config.reference)))
        labels, count = watch.detector(LABELS), later[c.TX_TIME_DAYS].nunique()
        months += count / 30
        plain += count * share_of_alarms(DriftDetector.calibrate(reference, labels), later)
        days_of = reference[c.TX_TIME_DAYS]
        calibrated += count * share_of_alarms(calibrate_on_days(reference, days_of, labels), later)
    assert calibrated < 0.85 * plain, (plain / months, calibrated / months)
    # A third of a day is the share of this watch; waves longer than a month are left.
    assert calibrated / months < 0.67, (plain / months, calibrated / months)
