"""The formulas, held against scipy's and statsmodels' own."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportions_ztest

from infra.monitoring.drift import statistics
from infra.monitoring.drift.configuration import DriftConfig, FeatureTest, Test
from infra.monitoring.drift.prepared import prepare
from infra.monitoring.drift.statistics import Moments

NUMBERS = st.lists(st.integers(-20, 20).map(float), min_size=2, max_size=60).map(np.array)
COUNTS = st.lists(st.integers(0, 50), min_size=6, max_size=6).map(np.array)


@settings(deadline=None)
@given(NUMBERS, NUMBERS)
def test_ks_is_scipys(window: np.ndarray, reference: np.ndarray) -> None:
    found = statistics.ks_distance(np.sort(window), np.sort(reference))
    assert found == pytest.approx(stats.ks_2samp(window, reference).statistic)


@settings(deadline=None)
@given(COUNTS, COUNTS)
def test_chi_square_is_scipys(window: np.ndarray, reference: np.ndarray) -> None:
    window, reference = window + (window.sum() == 0), reference + (reference.sum() == 0)
    table = np.array([window, reference])[:, (window + reference) > 0]
    expected = 0.0
    if table.shape[1] > 1:
        expected = stats.chi2_contingency(table, correction=False).statistic
    assert statistics.chi_square(window, reference).evidence == pytest.approx(expected, abs=1e-9)


@settings(deadline=None)
@given(NUMBERS, NUMBERS)
def test_the_mean_is_scipys(window: np.ndarray, reference: np.ndarray) -> None:
    found = statistics.mean_shift(Moments.of(window), Moments.of(reference))
    if window.std() + reference.std() > 0 and window.mean() != reference.mean():
        expected = abs(stats.ttest_ind(window, reference, equal_var=False).statistic)
        assert found.evidence == pytest.approx(expected, rel=1e-6)
    if reference.std() > 0:
        shift = abs(window.mean() - reference.mean()) / reference.std(ddof=1)
        assert found.effect == pytest.approx(shift, abs=1e-9)


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(0, 400))
def test_the_rate_is_statsmodels(hits: int, other: int) -> None:
    found = statistics.rate_shift(hits, 40, other, 400)
    if 0 < hits + other < 440:
        expected, _ = proportions_ztest([hits, other], [40, 400])
        assert found.evidence == pytest.approx(abs(expected), abs=1e-9)
    assert found.effect == pytest.approx(abs(hits / 40 - other / 400))


def test_psi_of_a_table_that_was_reckoned_by_hand() -> None:
    window, reference = np.array([100, 300]) * 1000, np.array([200, 200]) * 1000
    by_hand = (0.25 - 0.5) * math.log(0.5) + (0.75 - 0.5) * math.log(1.5)
    found = statistics.psi(window, reference)
    assert found.effect == pytest.approx(by_hand, rel=1e-4)
    assert found.evidence == pytest.approx(by_hand * 200_000, rel=1e-4)
    assert statistics.psi(np.array([5, 0]), np.array([0, 5])).effect < math.inf


FRAME = pd.DataFrame(
    {
        "x": [1.0, 2.0, 2.0, np.nan, 5.0, 7.0, 7.0, 9.0] * 5,
        "c": (["a"] * 5 + ["b", "b", None]) * 5,
        "y": [0, 1, 0, 0, 1, 0, 1, 1] * 5,
    }
)
TESTS = [
    FeatureTest(name, test)
    for name, test in [
        ("x", Test.KS),
        ("x", Test.PSI),
        ("x", Test.MEAN),
        ("x", Test.MISSING),
        ("c", Test.CHI_SQUARE),
        ("c", Test.PSI),
        ("y", Test.RATE),
    ]
]


@pytest.mark.parametrize("test", TESTS, ids=lambda t: f"{t.feature}-{t.test}")
@settings(max_examples=30, deadline=None)
@given(rows=st.sets(st.integers(0, 39), min_size=4, max_size=20))
def test_a_window_out_of_the_reference_is_held_against_its_rest(
    test: FeatureTest, rows: set[int]
) -> None:
    """The quick way of the calibration equals the plain one: split the frame, compare the parts."""
    config = DriftConfig((test,), window_rows=8, least_rows=4, draws=4000)
    chosen = np.array(sorted(rows))
    window, rest = FRAME.iloc[chosen], FRAME.drop(index=chosen)
    quick = prepare(FRAME[test.feature], test, config).drawn(chosen)
    if test.test is Test.KS:
        a, b = window["x"].dropna(), rest["x"].dropna()
        distance = stats.ks_2samp(a, b).statistic if len(a) else 0.0
        assert quick.effect == pytest.approx(distance)
        return
    if test.test is Test.MEAN and window["x"].nunique() > 1:
        t = abs(
            stats.ttest_ind(window["x"].dropna(), rest["x"].dropna(), equal_var=False).statistic
        )
        assert quick.evidence == pytest.approx(t)
        return
    # The others count; whatever the places, the counts of both parts must be those of the parts.
    if test.test in (Test.RATE, Test.MISSING):
        read = pd.Series.isna if test.test is Test.MISSING else (lambda column: column == 1)
        shares = [read(part[test.feature]).mean() for part in (window, rest)]
        assert quick.effect == pytest.approx(abs(shares[0] - shares[1]))
    elif test.test is Test.CHI_SQUARE:
        shares = [part["c"].fillna("-").value_counts(normalize=True) for part in (window, rest)]
        assert quick.effect == pytest.approx(shares[0].sub(shares[1], fill_value=0).abs().sum() / 2)
    else:
        assert quick.evidence >= 0


def test_new_rare_values_are_no_news_and_a_new_frequent_one_is() -> None:
    rng = np.random.default_rng(0)
    names = [f"n{rng.integers(10_000)}" for _ in range(200)] + ["usual"] * 1800
    reference = pd.Series(rng.permutation(names), name="c")
    test = FeatureTest("c", Test.CHI_SQUARE)
    prepared = prepare(reference, test, DriftConfig((test,), window_rows=400, draws=4000))
    rare = pd.Series([f"new{n}" for n in range(40)] + ["usual"] * 360)
    frequent = pd.Series(["new"] * 160 + ["usual"] * 240)
    assert prepared.observed(rare).effect < 0.03 < 0.25 < prepared.observed(frequent).effect


def test_a_column_that_does_not_fit_its_test_is_named() -> None:
    config = DriftConfig((TESTS[0],), window_rows=8, least_rows=4, draws=4000)
    with pytest.raises(ValueError, match="c should hold numbers"):
        prepare(FRAME["c"], FeatureTest("c", Test.KS), config)
    with pytest.raises(ValueError, match=r"x should hold 0 and 1 alone, holds 2\.0"):
        prepare(FRAME["x"], FeatureTest("x", Test.RATE), config)


def test_infinite_values_are_drift_in_a_window_and_refused_in_a_reference() -> None:
    test = FeatureTest("x", Test.MEAN)
    config = DriftConfig((test,), window_rows=8, least_rows=4, draws=4000)
    prepared = prepare(FRAME["x"], test, config)
    for strange in ([np.inf, 1.0, 2.0], [np.inf, -np.inf, 1.0]):
        assert prepared.observed(pd.Series(strange, name="x")).effect == math.inf
    with pytest.raises(ValueError, match="x holds infinite values"):
        prepare(FRAME["x"].replace(9.0, np.inf), test, config)
