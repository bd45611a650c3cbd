"""A detector's false-alarm rate is what it was told, and what it finds is printed."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from infra.monitoring.drift.configuration import DriftConfig, FeatureTest, Test, usual_tests
from infra.monitoring.drift.detector import DriftDetector

pytestmark = pytest.mark.long
RATE, ROWS, REFERENCES, WINDOWS = 0.05, 500, 10, 100
POWER_WINDOWS, POWER_REFERENCES = 60, 3
SHIFTS = (0.0, 0.1, 0.2, 0.3)


def events(rng: np.random.Generator, rows: int, shift: float = 0.0) -> pd.DataFrame:
    """Make events of dependent columns; `shift` moves one by that many standard deviations."""
    size = rng.normal(size=rows)
    return pd.DataFrame(
        {
            "amount": np.exp(size),
            "score": 0.8 * size + 0.6 * rng.normal(size=rows) + shift,
            "age": rng.integers(18, 90, rows).astype(float),
            "income": np.where(rng.random(rows) < 0.1, np.nan, rng.gamma(2, size=rows)),
            "country": rng.choice(list("ABCDEF"), rows, p=[0.5, 0.2, 0.1, 0.1, 0.07, 0.03]),
            "label": (rng.random(rows) < 0.05).astype(float),
        }
    )


TESTS = (
    *usual_tests(events(np.random.default_rng(0), 50), rates=["label"]),
    FeatureTest("amount", Test.PSI),
    FeatureTest("score", Test.MEAN),
)
CONFIG = DriftConfig(TESTS, window_rows=ROWS, false_alarm_rate=RATE, draws=1400)


def test_a_thousand_clean_windows_raise_as_many_alarms_as_was_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rng = np.random.default_rng(20260301)
    alarms, plain = 0, 0
    for _ in range(REFERENCES):
        detector = DriftDetector.calibrate(events(rng, 10_000), CONFIG)
        for _ in range(WINDOWS):
            report = detector.check(events(rng, ROWS))
            alarms += bool(report.drifted)
            plain += any(one.p <= RATE for one in report.results)
    count = REFERENCES * WINDOWS
    least, most = stats.binom.interval(0.99, count, RATE)
    with capsys.disabled():
        print(
            f"\ndrift: {alarms} false alarms in {count} clean windows of {ROWS} rows, "
            f"{len(TESTS)} tests at {RATE:.0%} together (99 % interval {least:.0f} to {most:.0f}); "
            f"without correction {plain}"
        )
    assert least <= alarms <= most
    # The correction is needed: each test at the rate by itself fires far too often.
    assert plain > 3 * most


def test_a_planted_shift_is_found_the_more_often_the_larger_it_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rng = np.random.default_rng(7)
    found, blamed = [], 0
    for shift in SHIFTS:
        reports = []
        # The rate is one over references too: a single one may lie a little off by chance.
        for _ in range(POWER_REFERENCES):
            detector = DriftDetector.calibrate(events(rng, 10_000), CONFIG)
            each = POWER_WINDOWS // POWER_REFERENCES
            reports += [detector.check(events(rng, ROWS, shift)) for _ in range(each)]
        found.append(float(np.mean(["score" in report.drifted for report in reports])))
        blamed += sum(bool(set(report.drifted) - {"score"}) for report in reports)
    with capsys.disabled():
        told = ", ".join(f"{s} sd {p:.0%}" for s, p in zip(SHIFTS, found, strict=True))
        print(f"\npower to find a shifted column in {ROWS} rows: {told}")
    assert found == sorted(found)
    # Welch's test of 500 against 10,000 rows: 0.2 standard deviations are 4.4 standard errors.
    assert found[0] <= 0.1 and found[2] > 0.85 and found[3] == 1.0
    # Other columns are blamed no more often than the stated rate, with the same allowance.
    assert blamed <= stats.binom.ppf(0.995, len(SHIFTS) * POWER_WINDOWS, RATE)
