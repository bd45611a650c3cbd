"""Train the baseline: a table of candidates, a calibrated model, and a threshold from costs."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import roc_auc_score

from projects.fraud import columns as c
from projects.fraud import metrics
from projects.fraud.baselines import Candidate, candidates
from projects.fraud.features import FeatureConfig
from projects.fraud.splitting import SplitConfig, time_split


@dataclass(frozen=True)
class TrainingConfig:
    """Configure one training; `start_day` must leave room for a rehearsal two weeks earlier."""

    start_day: int = 115
    trees: int = 100
    k: int = 100
    review_cost: float = 10.0
    seed: int = 0
    bootstrap_draws: int = 100
    features: FeatureConfig = field(default_factory=FeatureConfig)

    @property
    def split(self) -> SplitConfig:
        return SplitConfig(self.start_day, delay_days=self.features.label_delay_days)

    @property
    def rehearsal(self) -> SplitConfig:
        """Return the split whose test period is this training's own training week.

        All labels of that week are known when the real test begins, so calibration and threshold
        may be chosen on it; the test week itself is looked at once.
        """
        back = self.split.test_start - self.split.start_day
        if self.start_day < back:
            raise ValueError(f"start_day must be at least {back}, is {self.start_day}")
        return SplitConfig(self.start_day - back, delay_days=self.features.label_delay_days)


@dataclass(frozen=True)
class FraudDetector:
    """Hold a fitted model, its calibration, and the threshold from which on it alerts."""

    model: ClassifierMixin
    calibration: IsotonicRegression
    threshold: float
    features: tuple[str, ...]

    def raw_scores(self, frame: pd.DataFrame) -> np.ndarray:
        """Return the model's own scores; they rank, but are no probabilities yet."""
        return self.model.predict_proba(frame[list(self.features)])[:, 1]

    def probabilities(self, frame: pd.DataFrame) -> np.ndarray:
        """Return calibrated probabilities of fraud, one per row."""
        return self.calibration.predict(self.raw_scores(frame))

    def alerts(self, frame: pd.DataFrame) -> np.ndarray:
        """Return booleans: which rows to review."""
        return self.probabilities(frame) >= self.threshold


def evaluate(
    name: str, test: pd.DataFrame, scores: np.ndarray, config: TrainingConfig
) -> dict[str, float | str]:
    """Return one row of the table: ranking, alert budget and calibration on `test`."""
    labels = test[c.TX_FRAUD].to_numpy()
    low, high = metrics.bootstrap_interval(
        test[c.CUSTOMER_ID].to_numpy(),
        lambda rows: metrics.average_precision(labels[rows], scores[rows]),
        config.seed,
        config.bootstrap_draws,
    )
    return {
        "candidate": name,
        "average_precision": metrics.average_precision(labels, scores),
        "ap_low": low,
        "ap_high": high,
        "roc_auc": float(roc_auc_score(labels, scores)),
        f"card_precision_at_{config.k}": metrics.card_precision_at_k(test, scores, config.k),
        "calibration_error": metrics.expected_calibration_error(labels, scores),
    }


def baseline_table(featured: pd.DataFrame, config: TrainingConfig) -> pd.DataFrame:
    """Return the candidates' figures on the test week, one row each, from the floor upwards."""
    train, test = time_split(featured, config.split)
    rows = []
    for candidate in candidates(config.seed, config.trees):
        scores = candidate.fit(train, config.features.names)(test)
        rows.append(evaluate(candidate.name, test, scores, config))
    return pd.DataFrame(rows).set_index("candidate")


def train_detector(
    featured: pd.DataFrame, candidate: Candidate, config: TrainingConfig
) -> FraudDetector:
    """Return a detector fitted on the training week, calibrated and priced on the rehearsal."""
    names = config.features.names
    early_train, rehearsal = time_split(featured, config.rehearsal)
    early_scores = candidate.fit(early_train, names)(rehearsal)
    labels = rehearsal[c.TX_FRAUD].to_numpy()
    calibration = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    calibration.fit(early_scores, labels)
    threshold = metrics.cheapest_threshold(
        labels,
        calibration.predict(early_scores),
        rehearsal[c.TX_AMOUNT].to_numpy(),
        config.review_cost,
    )
    train, _ = time_split(featured, config.split)
    return FraudDetector(candidate.fit_model(train, names), calibration, threshold, names)
