"""The detector: what raises an alarm, and what does not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from prometheus_client import CollectorRegistry

from infra.monitoring.drift.configuration import DriftConfig, FeatureTest, Test, usual_tests
from infra.monitoring.drift.detector import DriftDetector, Verdict
from infra.monitoring.drift.evidently_report import Columns, write_evidently_page
from infra.monitoring.drift.metrics import DriftMetrics

RNG = np.random.default_rng


def orders(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """Make orders whose columns depend on one another."""
    size = rng.normal(size=rows)
    weight = np.where(rng.random(rows) < 0.05, np.nan, 0.7 * size + rng.gamma(2, size=rows))
    return pd.DataFrame(
        {
            "amount": np.exp(size),
            "weight": weight,
            "country": rng.choice(list("ABCD"), rows, p=[0.5, 0.3, 0.15, 0.05]),
            "returned": (rng.random(rows) < 0.1).astype(int),
        }
    )


CONFIG = DriftConfig(
    usual_tests(orders(RNG(0), 50), rates=["returned"]),
    window_rows=400,
    false_alarm_rate=0.02,
    draws=2000,
)


@pytest.fixture(scope="module")
def detector() -> DriftDetector:
    return DriftDetector.calibrate(orders(RNG(1), 8000), CONFIG)


def test_the_usual_tests_fit_the_columns() -> None:
    assert [(test.feature, test.test.value) for test in CONFIG.tests] == [
        ("amount", "ks"),
        ("amount", "missing"),
        ("weight", "ks"),
        ("weight", "missing"),
        ("country", "chi_square"),
        ("returned", "rate"),
    ]


def test_a_window_like_the_reference_is_stable(detector: DriftDetector) -> None:
    report = detector.check(orders(RNG(2), 400))
    assert report.verdict is Verdict.STABLE and report.drifted == ()
    assert len(report.results) == 6 and all(one.adjusted_p >= one.p for one in report.results)


@pytest.mark.parametrize(
    ("feature", "test", "change"),
    [
        ("amount", "ks", lambda frame: frame.assign(amount=frame.amount * 1.5)),
        (
            "weight",
            "missing",
            lambda frame: frame.assign(weight=frame.weight.mask(frame.index % 4 == 0)),
        ),
        ("weight", "missing", lambda frame: frame.assign(weight=np.nan)),
        (
            "country",
            "chi_square",
            lambda frame: frame.assign(country=frame.country.replace("B", "A")),
        ),
        (
            "country",
            "chi_square",
            lambda frame: frame.assign(country=frame.country.replace("B", "Z")),
        ),
        ("returned", "rate", lambda frame: frame.assign(returned=(frame.index % 5 == 0) * 1)),
    ],
)
def test_a_planted_change_is_found_and_named(
    detector: DriftDetector, feature: str, test: str, change: object
) -> None:
    report = detector.check(change(orders(RNG(3), 400)))  # type: ignore[operator]
    assert report.verdict is Verdict.DRIFTED
    assert report.drifted == (feature,)
    first = report.results[0]
    assert (first.feature, first.test) == (feature, test)
    assert first.evidence > first.evidence_bound and first.effect > first.effect_bound


def test_volume_alone_does_not_fire(detector: DriftDetector) -> None:
    shifted = orders(RNG(4), 200_000)
    shifted["amount"] *= 1.03
    report = detector.check(shifted)
    amount = next(one for one in report.results if one.feature == "amount")
    # So many rows prove the difference beyond doubt, and it is too small to matter.
    assert amount.adjusted_p <= CONFIG.false_alarm_rate and amount.effect < amount.effect_bound
    assert report.verdict is Verdict.STABLE
    strict = replace(CONFIG, tests=(FeatureTest("amount", Test.KS, least_effect=0.0),))
    exact = DriftDetector.calibrate(orders(RNG(1), 8000), strict)
    assert exact.check(shifted).verdict is Verdict.DRIFTED


def test_too_few_rows_are_not_judged(detector: DriftDetector) -> None:
    few = orders(RNG(5), 199).assign(amount=1e6)
    report = detector.check(few)
    assert report.verdict is Verdict.TOO_FEW_ROWS and report.results == ()


def test_bounds_hold_for_windows_of_other_sizes(detector: DriftDetector) -> None:
    rng = RNG(6)
    alarms = {
        n: sum(bool(detector.check(orders(rng, n)).drifted) for _ in range(60)) for n in (200, 1600)
    }
    # At a rate of 2 %, six or more of sixty come up less than once in 700 times.
    assert all(count <= 5 for count in alarms.values()), alarms


def test_rows_that_belong_together_are_drawn_together() -> None:
    """Days differ by themselves: taken row by row, every day is an alarm."""
    rng = RNG(7)

    def days(count: int) -> pd.DataFrame:
        level = np.repeat(rng.normal(scale=0.5, size=count), 100)
        return pd.DataFrame(
            {"x": level + rng.normal(size=len(level)), "day": np.repeat(range(count), 100)}
        )

    test = FeatureTest("x", Test.MEAN, least_effect=0.0)
    config = DriftConfig((test,), window_rows=300, false_alarm_rate=0.05, draws=2000)
    reference = days(120)
    plain = DriftDetector.calibrate(reference, config)
    whole = DriftDetector.calibrate(reference, config, blocks=reference["day"])
    windows = [days(3) for _ in range(150)]
    alarms = [sum(bool(d.check(w).drifted) for w in windows) for d in (plain, whole)]
    assert alarms[0] > 75 and alarms[1] <= 18, alarms


def test_a_calibration_is_the_same_twice() -> None:
    reference = orders(RNG(1), 2000)
    first, second = (DriftDetector.calibrate(reference, CONFIG) for _ in range(2))
    assert (first.bounds == second.bounds).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tests": ()}, "tests must be there"),
        ({"false_alarm_rate": 0.0}, "false_alarm_rate must be"),
        ({"least_rows": 500}, "least_rows must be"),
        ({"bins": 1}, "bins must be"),
        ({"draws": 1000}, "need at least 1750 draws"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(CONFIG, **changes)  # type: ignore[arg-type]


def test_what_does_not_fit_is_named(detector: DriftDetector) -> None:
    with pytest.raises(ValueError, match="the window has no column weight"):
        detector.check(orders(RNG(8), 400).drop(columns="weight"))
    with pytest.raises(ValueError, match="the reference has no column amount"):
        DriftDetector.calibrate(orders(RNG(8), 900).drop(columns="amount"), CONFIG)
    with pytest.raises(ValueError, match="need at least 800"):
        DriftDetector.calibrate(orders(RNG(8), 799), CONFIG)


def test_prometheus_is_shown_what_was_found(detector: DriftDetector) -> None:
    registry = CollectorRegistry()
    metrics = DriftMetrics(registry)
    drifted = orders(RNG(3), 400).assign(amount=5.0)
    labels = {"feature": "amount", "test": "ks"}
    for frame, alarm in ((drifted, 1), (drifted.head(10), 1), (orders(RNG(2), 400), 0)):
        metrics.record(detector.check(frame))
        assert registry.get_sample_value("drift_alarm", labels) == alarm
    count = {v: registry.get_sample_value("drift_windows_total", {"verdict": v}) for v in Verdict}
    assert set(count.values()) == {1.0}
    assert (registry.get_sample_value("drift_judged_timestamp_seconds") or 0) > 1e9


@pytest.mark.long
def test_evidently_shows_how_far_columns_moved(tmp_path: Path) -> None:
    reference = orders(RNG(1), 800)
    moved = orders(RNG(2), 400).assign(amount=lambda frame: frame.amount + 5)
    found = write_evidently_page(
        moved,
        reference,
        Columns(["amount", "weight"], ["country"]),
        tmp_path / "deep" / "page.html",
        methods={"country": "psi"},
    )
    distances = {one.column: (one.method, one.distance) for one in found}
    assert distances["amount"][0] == "wasserstein" and distances["amount"][1] > 1
    assert distances["weight"][1] < 0.3
    assert distances["country"][0] == "psi" and distances["country"][1] < 0.1
    page = (tmp_path / "deep" / "page.html").read_text()
    assert "amount" in page and 'src="http' not in page and "<link" not in page
