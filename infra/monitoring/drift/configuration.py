"""Say which features are watched, how, and how often a false alarm may come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import pandas as pd


class Test(StrEnum):
    """Name a test of one feature; `statistics` has the formulas and their sources."""

    # pytest would else take this for a test case.
    __test__ = False

    KS = "ks"
    PSI = "psi"
    CHI_SQUARE = "chi_square"
    MEAN = "mean"
    RATE = "rate"
    MISSING = "missing"


# What a difference must amount to, however many rows prove that there is one: distance of
# distribution functions, PSI, share of rows in another category, standard deviations, share, share.
USUAL_EFFECTS: Mapping[Test, float] = MappingProxyType(
    {
        Test.KS: 0.03,
        Test.PSI: 0.02,
        Test.CHI_SQUARE: 0.03,
        Test.MEAN: 0.05,
        Test.RATE: 0.01,
        Test.MISSING: 0.01,
    }
)


@dataclass(frozen=True)
class FeatureTest:
    """Watch one column by one test; `least_effect` None means the usual one of that test."""

    feature: str
    test: Test
    least_effect: float | None = None

    @property
    def effect_bound(self) -> float:
        """Return the effect below which there is no alarm."""
        return USUAL_EFFECTS[self.test] if self.least_effect is None else self.least_effect


@dataclass(frozen=True)
class DriftConfig:
    """Configure a detector.

    `false_alarm_rate` is the probability that a window without drift raises an alarm in any of the
    tests together. Windows of fewer than `least_rows` rows are not judged. `window_rows` is the
    usual size of a window, `draws` how many windows are drawn from the reference to calibrate.
    """

    tests: tuple[FeatureTest, ...]
    window_rows: int
    false_alarm_rate: float = 0.01
    least_rows: int = 200
    draws: int = 4000
    bins: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.tests or len(set(self.tests)) < len(self.tests):
            raise ValueError(f"tests must be there, each once: {self.tests}")
        if not 0 < self.false_alarm_rate < 0.5:
            raise ValueError(f"false_alarm_rate must be in (0, 0.5), is {self.false_alarm_rate}")
        if not 2 <= self.least_rows <= self.window_rows:
            raise ValueError(
                "least_rows must be at least 2 and at most window_rows, are "
                f"{self.least_rows} and {self.window_rows}"
            )
        if self.bins < 2:
            raise ValueError(f"bins must be at least 2, is {self.bins}")
        # The most extreme draw of each test is below the bound: some more must be, to estimate it.
        needed = round(5 * (len(self.tests) + 1) / self.false_alarm_rate)
        if self.draws < needed:
            raise ValueError(
                f"{len(self.tests)} tests at a false-alarm rate of {self.false_alarm_rate} need "
                f"at least {needed} draws, {self.draws} are configured"
            )


def usual_tests(frame: pd.DataFrame, rates: Sequence[str] = ()) -> tuple[FeatureTest, ...]:
    """Return the tests that fit the columns: KS for numbers, chi-square for categories.

    Columns named in `rates` hold 0 and 1, as labels and decisions do. Columns in which the
    reference misses values, and those of numbers, are also watched for what is missing.
    """
    tests: list[FeatureTest] = []
    for name in map(str, frame.columns):
        column = frame[name]
        if name in rates:
            tests.append(FeatureTest(name, Test.RATE))
        elif pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            tests += [FeatureTest(name, Test.KS), FeatureTest(name, Test.MISSING)]
        else:
            tests.append(FeatureTest(name, Test.CHI_SQUARE))
    return tuple(tests)
