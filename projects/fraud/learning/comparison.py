"""The model table with its intervals, and whether the ladder's order holds on it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from projects.fraud.learning.candidates import FOREST, TUNED
from projects.fraud.learning.resampling import (
    AVERAGE_PRECISION,
    FIGURES,
    Drawn,
    ExaminationConfig,
)


@dataclass(frozen=True)
class Estimate:
    """Hold a figure and its interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class Gap:
    """Hold what the better candidate is ahead by, drawn on the same cards for both."""

    worse: str
    better: str
    estimate: Estimate

    @property
    def is_shown(self) -> bool:
        """Tell whether all of the interval lies above nothing."""
        return self.estimate.low > 0

    def __str__(self) -> str:
        verdict = "shown" if self.is_shown else "not shown"
        one = self.estimate
        interval = f"{one.value:+.3f} [{one.low:+.3f}, {one.high:+.3f}]"
        return f"{self.better} over {self.worse}: {interval}, {verdict}"


@dataclass(frozen=True)
class Ordering:
    """Say whether best baseline < forest < tuned boosted trees on average precision."""

    gaps: tuple[Gap, ...]

    @property
    def holds(self) -> bool:
        return all(gap.is_shown for gap in self.gaps)

    def sentence(self) -> str:
        """Return the answer in words, with each gap and its interval."""
        says = "holds: each gap's interval lies above 0" if self.holds else "is not shown"
        gaps = "; ".join(map(str, self.gaps))
        return f"On average precision the ordering baselines < {FOREST} < {TUNED} {says} ({gaps})."


def estimates(drawn: Drawn, config: ExaminationConfig) -> dict[str, dict[str, Estimate]]:
    """Return each candidate's figures, by name and figure."""
    return {
        name: {
            figure: _estimate(drawn.whole[row, column], drawn.draws[:, row, column], config)
            for column, figure in enumerate(FIGURES)
        }
        for row, name in enumerate(drawn.names)
    }


def table(drawn: Drawn, config: ExaminationConfig) -> pd.DataFrame:
    """Return one row a candidate; each figure has columns for its interval's ends."""
    rows = {
        name: {
            key: value
            for figure, one in figures.items()
            for key, value in (
                (figure, one.value),
                (f"{figure} low", one.low),
                (f"{figure} high", one.high),
            )
        }
        for name, figures in estimates(drawn, config).items()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("candidate")


def gap(drawn: Drawn, worse: str, better: str, config: ExaminationConfig) -> Gap:
    """Return how far `better` is ahead of `worse` on average precision."""
    one, other = drawn.names.index(worse), drawn.names.index(better)
    column = FIGURES.index(AVERAGE_PRECISION)
    whole = drawn.whole[other, column] - drawn.whole[one, column]
    draws = drawn.draws[:, other, column] - drawn.draws[:, one, column]
    return Gap(worse, better, _estimate(whole, draws, config))


def ordering(drawn: Drawn, baselines: tuple[str, ...], config: ExaminationConfig) -> Ordering:
    """Return whether the order holds, `baselines` standing for the best of them."""
    column = FIGURES.index(AVERAGE_PRECISION)
    best = max(baselines, key=lambda name: drawn.whole[drawn.names.index(name), column])
    return Ordering((gap(drawn, best, FOREST, config), gap(drawn, FOREST, TUNED, config)))


def _estimate(whole: float, draws: np.ndarray, config: ExaminationConfig) -> Estimate:
    low, high = np.quantile(draws, [(1 - config.level) / 2, (1 + config.level) / 2])
    return Estimate(float(whole), float(low), float(high))
