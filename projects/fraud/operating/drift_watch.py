"""Watch features, scores and labels apart, since which of them moved says what happened.

Only what does not grow with traffic is watched. Counts of payments carry the volume itself, so
they are left out; means over windows get steadier when cards pay more often, so of these the mean
is watched and not the shape. Terminal risk is made of labels, and the label watch has those.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from infra.monitoring.drift.configuration import DriftConfig, FeatureTest, Test
from infra.monitoring.drift.detector import DriftDetector, DriftReport, Verdict
from projects.fraud import columns as c
from projects.fraud.operating.day_calibration import calibrate_on_days

SCORE = "SCORE"
ALERT = "ALERT"
FEATURES, SCORES, LABELS = "features", "scores", "labels"
DAYS_A_MONTH = 30

TESTS: Mapping[str, tuple[FeatureTest, ...]] = MappingProxyType(
    {
        FEATURES: (
            FeatureTest(c.TX_AMOUNT, Test.PSI),
            FeatureTest(c.TX_AMOUNT, Test.MEAN),
            FeatureTest("TX_DURING_NIGHT", Test.RATE, 0.02),
            FeatureTest(f"{c.CUSTOMER_ID}_AVG_AMOUNT_7DAY_WINDOW", Test.MEAN),
        ),
        # 0.1 is the usual bound of a moderate change; a model's own aging stays below it.
        SCORES: (FeatureTest(SCORE, Test.PSI, 0.1), FeatureTest(ALERT, Test.RATE, 0.005)),
        LABELS: (FeatureTest(c.TX_FRAUD, Test.RATE, 0.003),),
    }
)
_MEANINGS = {
    frozenset(): "nothing moved",
    frozenset({FEATURES}): "payments changed, and the scores took it: look, need not retrain",
    frozenset({SCORES}): "scores moved though payments did not: look at the pipeline and the model",
    frozenset({LABELS}): "fraud changed and neither payments nor scores show it: a new scenario",
    frozenset({FEATURES, SCORES}): "payments changed, and the scores with them",
    frozenset({FEATURES, LABELS}): "payments and fraud changed, and the scores do not follow",
    frozenset({SCORES, LABELS}): "fraud changed in a way that the model sees",
    frozenset({FEATURES, SCORES, LABELS}): "payments, scores and fraud all changed",
}


@dataclass(frozen=True)
class WatchConfig:
    """Configure the watch; one window a day.

    `false_alarms_a_month` is how many days without drift may raise an alarm in any of the three
    watches, in 30 days on average. `window_rows` is what a usual day has.
    """

    window_rows: int
    false_alarms_a_month: float = 1.0
    least_rows: int = 200
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.false_alarms_a_month <= 10:
            raise ValueError(
                f"false_alarms_a_month must be in (0, 10], is {self.false_alarms_a_month}"
            )

    @property
    def rate(self) -> float:
        """Return the share of windows without drift that one watch may raise an alarm on."""
        return self.false_alarms_a_month / DAYS_A_MONTH / len(TESTS)

    def detector(self, watch: str) -> DriftConfig:
        """Return the configuration of one watch's detector."""
        # Twice what the detector asks for: its bounds are quantiles of so many draws.
        draws = math.ceil(10 * (len(TESTS[watch]) + 1) / self.rate)
        return DriftConfig(
            TESTS[watch],
            window_rows=self.window_rows,
            false_alarm_rate=self.rate,
            least_rows=self.least_rows,
            draws=draws,
            seed=self.seed,
        )


@dataclass(frozen=True)
class WatchReport:
    """Hold what each watch found on one day, and how many payments the day had."""

    day: int
    payments: int
    reports: Mapping[str, DriftReport]

    @property
    def moved(self) -> frozenset[str]:
        """Return the watches that raised an alarm."""
        return frozenset(
            watch for watch, one in self.reports.items() if one.verdict is Verdict.DRIFTED
        )

    @property
    def judged(self) -> frozenset[str]:
        """Return the watches that had rows enough to say something."""
        return frozenset(
            watch for watch, one in self.reports.items() if one.verdict is not Verdict.TOO_FEW_ROWS
        )

    def in_words(self) -> str:
        """Say what moved, and what that means."""
        named = [
            f"{watch} ({', '.join(self.reports[watch].drifted)})" for watch in sorted(self.moved)
        ]
        return f"{', '.join(named) or 'no watch'}: {meaning(self.moved)}"


def meaning(moved: frozenset[str]) -> str:
    """Say what it means that just these watches moved."""
    return _MEANINGS[moved]


class DriftWatch:
    """Judge days by calibrations that were made once."""

    def __init__(self, detectors: Mapping[str, DriftDetector]) -> None:
        self._detectors = detectors

    @classmethod
    def calibrate(
        cls,
        reference: pd.DataFrame,
        config: WatchConfig,
        labelled: pd.DataFrame | None = None,
    ) -> "DriftWatch":
        """Learn from days without drift: features, SCORE, ALERT (0 or 1) and known labels.

        Where not all labels of the reference are known yet, `labelled` is that part of it whose
        are. Raise ValueError where a column is missing or there are too few rows. Give no rows of
        the first 30 days of a world: windows that reach before its beginning are still filling.
        """
        seen = dict.fromkeys(TESTS, reference)
        seen[LABELS] = reference if labelled is None else labelled
        return cls({watch: _calibrated(seen[watch], config.detector(watch)) for watch in TESTS})

    def judge(self, day: int, payments: pd.DataFrame, labelled: pd.DataFrame) -> WatchReport:
        """Judge a day by its own payments, and by those whose labels became known on it."""
        seen = {FEATURES: payments, SCORES: payments, LABELS: labelled}
        reports = {watch: one.check(seen[watch]) for watch, one in self._detectors.items()}
        return WatchReport(day, len(payments), reports)


def _calibrated(reference: pd.DataFrame, config: DriftConfig) -> DriftDetector:
    # Made-up rows need not come from days.
    if c.TX_TIME_DAYS not in reference:
        return DriftDetector.calibrate(reference, config)
    return calibrate_on_days(reference, reference[c.TX_TIME_DAYS], config)
