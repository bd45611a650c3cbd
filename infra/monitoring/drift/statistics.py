"""The statistics of two samples, each as evidence whose scale does not depend on their sizes.

`window` has n values, `reference` m. Under no drift the evidence keeps its distribution when n or
m change; so thresholds found at one size hold at others.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Found:
    """Hold how sure it is that two samples differ, and by how much, in units of its own."""

    evidence: float
    effect: float


NOTHING = Found(0.0, 0.0)


def harmonic(n: int, m: int) -> float:
    """Return n m / (n + m), the size that two samples count for together."""
    return n * m / (n + m) if n and m else 0.0


def ks_distance(window: Numbers, reference: Numbers) -> float:
    """Return sup |F_n - F_m| of two sorted samples (Smirnov 1939), ties included."""
    everywhere = np.concatenate([window, reference])
    ours = np.searchsorted(window, everywhere, side="right") / len(window)
    theirs = np.searchsorted(reference, everywhere, side="right") / len(reference)
    return float(np.abs(ours - theirs).max())


def ks(distance: float, n: int, m: int) -> Found:
    """Return sqrt(n m / (n + m)) D (Smirnov 1939), and D itself."""
    return Found(math.sqrt(harmonic(n, m)) * distance, distance)


def psi(window: Counts, reference: Counts) -> Found:
    """Return the population stability index of counts by bin, as evidence and as it is.

    sum (p - q) ln(p / q); times n m / (n + m) it is about chi-square distributed (Yurdakul and
    Naranjo 2020, The Journal of Risk Model Validation 14(4)). Half a count is added to each bin,
    so that empty ones have a logarithm.
    """
    n, m = int(window.sum()), int(reference.sum())
    p = (window + 0.5) / (n + 0.5 * len(window))
    q = (reference + 0.5) / (m + 0.5 * len(reference))
    index = float(((p - q) * np.log(p / q)).sum())
    return Found(harmonic(n, m) * index, index)


def chi_square(window: Counts, reference: Counts) -> Found:
    """Return Pearson's chi-square of homogeneity (1900) of counts by category.

    The effect is the total variation distance: the share of rows that would have to move.
    """
    n, m = int(window.sum()), int(reference.sum())
    both = window + reference
    seen = both > 0
    p, q = window[seen] / n, reference[seen] / m
    evidence = harmonic(n, m) * float(((p - q) ** 2 / (both[seen] / (n + m))).sum())
    return Found(evidence, float(np.abs(p - q).sum()) / 2)


@dataclass(frozen=True)
class Moments:
    """Hold the size, the sum and the sum of squares of a sample."""

    size: int
    total: float
    squares: float

    @classmethod
    def of(cls, values: NDArray[Any]) -> "Moments":
        """Return the moments of some values; centre these before, or digits are lost."""
        # Infinite values have no mean, which `mean_shift` takes note of.
        with np.errstate(invalid="ignore"):
            return cls(len(values), float(values.sum()), float((values * values).sum()))

    def without(self, part: "Moments") -> "Moments":
        """Return the moments of the rest."""
        return Moments(self.size - part.size, self.total - part.total, self.squares - part.squares)

    @property
    def mean(self) -> float:
        """Return the mean."""
        return self.total / self.size

    @property
    def variance(self) -> float:
        """Return the unbiased variance."""
        return max(0.0, (self.squares - self.size * self.mean**2) / (self.size - 1))


def mean_shift(window: Moments, reference: Moments) -> Found:
    """Return Welch's |t| (1947), and the shift in standard deviations of the reference."""
    shift = abs(window.mean - reference.mean)
    if not math.isfinite(shift):
        # The window holds infinite values, which the reference does not.
        return Found(math.inf, math.inf)
    error = math.sqrt(window.variance / window.size + reference.variance / reference.size)
    spread = math.sqrt(reference.variance)
    if shift == 0:
        return NOTHING
    return Found(shift / error if error else math.inf, shift / spread if spread else math.inf)


def rate_shift(window_hits: int, n: int, reference_hits: int, m: int) -> Found:
    """Return the pooled two-proportion |z|, and the difference of the rates.

    Squared it is Pearson's chi-square of the two by two table.
    """
    shift = abs(window_hits / n - reference_hits / m)
    pooled = (window_hits + reference_hits) / (n + m)
    error = math.sqrt(pooled * (1 - pooled) / harmonic(n, m))
    return Found(shift / error, shift) if error else NOTHING
