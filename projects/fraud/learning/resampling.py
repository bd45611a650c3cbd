"""Four figures of each candidate on the same draws of cards, so that their gaps can be judged."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from projects.fraud import columns as c
from projects.fraud import metrics
from projects.fraud.learning.daily_cards import DailyCards

AVERAGE_PRECISION = "average precision"
ROC_AUC = "ROC-AUC"
PRECISION_AT_K = "precision at k"
CALIBRATION_ERROR = "calibration error"
FIGURES = (AVERAGE_PRECISION, ROC_AUC, PRECISION_AT_K, CALIBRATION_ERROR)


@dataclass(frozen=True)
class ExaminationConfig:
    """Configure an examination: the k of precision@k, and how its intervals are drawn."""

    k: int = 100
    draws: int = 200
    level: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if self.k < 1 or self.draws < 1 or not 0 < self.level < 1:
            raise ValueError(
                "k and draws must be at least 1 and level between 0 and 1, are "
                f"{self.k}, {self.draws} and {self.level}"
            )


@dataclass(frozen=True)
class Drawn:
    """Hold figures on all rows (candidates, 4), and on each draw (draws, candidates, 4)."""

    names: tuple[str, ...]
    whole: np.ndarray
    draws: np.ndarray


def draw_figures(
    test: pd.DataFrame, scores: Mapping[str, np.ndarray], config: ExaminationConfig
) -> Drawn:
    """Return the figures of each candidate's scores, in the order `FIGURES`.

    Whole cards are drawn with replacement, since the frauds of one card are not independent of
    each other. A draw without fraud, on which nothing is defined, is drawn again.
    """
    labels = test[c.TX_FRAUD].to_numpy()
    codes, cards = pd.factorize(test[c.CUSTOMER_ID].to_numpy())
    papers = [_Paper(test, labels, one, codes) for one in scores.values()]
    rng = np.random.default_rng(config.seed)
    drawn: list[list[tuple[float, ...]]] = []
    if not 0 < labels.sum() < len(labels):
        raise ValueError("the test period needs frauds and genuine payments")
    while len(drawn) < config.draws:
        copies = np.bincount(rng.integers(0, len(cards), len(cards)), minlength=len(cards))
        if 0 < labels @ copies[codes] < copies[codes].sum():
            drawn.append([paper.figures(config.k, copies) for paper in papers])
    once = np.ones(len(cards), dtype=np.int64)
    whole = [paper.figures(config.k, once) for paper in papers]
    return Drawn(tuple(scores), np.array(whole), np.array(drawn))


class _Paper:
    """Hold one candidate's scores in their order, which no draw changes."""

    def __init__(
        self, test: pd.DataFrame, labels: np.ndarray, scores: np.ndarray, codes: np.ndarray
    ) -> None:
        order = np.argsort(-np.asarray(scores, float), kind="stable")
        self._labels, self._scores = labels[order], np.asarray(scores, float)[order]
        self._codes = codes[order]
        self._cards = DailyCards(test, scores, codes)

    def figures(self, k: int, copies: np.ndarray) -> tuple[float, ...]:
        times = copies[self._codes]
        rows = np.repeat(np.arange(len(times)), times)
        labels, scores = self._labels[rows], self._scores[rows]
        return (
            metrics.average_precision(labels, scores),
            metrics.roc_auc(labels, scores),
            self._cards.precision(k, copies),
            metrics.expected_calibration_error(labels, scores),
        )
