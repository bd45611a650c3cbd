"""Put an interval around the difference of a metric between two models."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Metric = Callable[[Array, Array], float]


@dataclass(frozen=True)
class BootstrapConfig:
    """Configure the interval: resamples to draw, confidence in (0, 1), and the seed."""

    resamples: int = 1000
    confidence: float = 0.95
    seed: int = 0

    def __post_init__(self) -> None:
        if self.resamples < 1 or not 0 < self.confidence < 1:
            raise ValueError(
                "resamples must be at least 1 and confidence between 0 and 1, are "
                f"{self.resamples} and {self.confidence}"
            )


@dataclass(frozen=True)
class Interval:
    """Hold an estimate and the percentile interval of its bootstrap distribution."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Units:
    """Hold which rows are drawn together: `order` of row numbers, cut at `starts` in `lengths`."""

    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    lengths: NDArray[np.intp]

    @classmethod
    def of(cls, rows: int, groups: Array | None) -> Self:
        """Return the units of `groups`, one label a row, or each row by itself without groups."""
        if groups is None:
            each = np.arange(rows, dtype=np.intp)
            return cls(each, each, np.ones(rows, dtype=np.intp))
        _, codes, lengths = np.unique(groups, return_inverse=True, return_counts=True)
        order = np.argsort(codes, kind="stable")
        return cls(order, np.cumsum(lengths) - lengths, lengths)

    def rows_of(self, chosen: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the rows of the units chosen, those of a unit chosen twice being there twice."""
        lengths = self.lengths[chosen]
        before = np.cumsum(lengths) - lengths
        places = np.repeat(self.starts[chosen] - before, lengths) + np.arange(lengths.sum())
        drawn: NDArray[np.intp] = self.order[places]
        return drawn


def bootstrap_interval(
    statistic: Callable[[NDArray[np.intp]], float], units: Units, config: BootstrapConfig
) -> Interval:
    """Return the interval of `statistic`, a function of row numbers, by drawing whole units.

    Rows of one customer are alike, so drawing them singly would give an interval that is too
    narrow. Draws on which the statistic is not defined (ValueError or not finite) are left out;
    raise ValueError where that leaves fewer than half.
    """
    generator = np.random.default_rng(config.seed)
    count = len(units.starts)
    drawn = []
    for _ in range(config.resamples):
        try:
            value = float(statistic(units.rows_of(generator.integers(count, size=count))))
        except ValueError:
            continue
        if np.isfinite(value):
            drawn.append(value)
    estimate = float(statistic(np.arange(len(units.order))))
    if not np.isfinite(estimate) or len(drawn) * 2 < config.resamples:
        raise ValueError("the metric is not defined on these rows, or not on most draws of them")
    tail = (1 - config.confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Interval(estimate, float(low), float(high))
