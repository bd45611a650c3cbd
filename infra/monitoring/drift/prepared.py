"""Prepare the reference once, so that thousands of windows can be held against it quickly.

A window that is drawn out of the reference is compared with the rest, one of new rows with all.
"""

from abc import ABC, abstractmethod

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from infra.monitoring.drift import statistics
from infra.monitoring.drift.configuration import DriftConfig, FeatureTest, Test
from infra.monitoring.drift.statistics import NOTHING, Counts, Found, Moments, Numbers

Rows = NDArray[np.intp]
_LEAST_OF_A_CATEGORY = 5


class Prepared(ABC):
    """Hold one column of the reference, ready to be compared by one test."""

    @abstractmethod
    def drawn(self, rows: Rows) -> Found:
        """Compare these rows of the reference with its other rows."""

    @abstractmethod
    def observed(self, column: pd.Series) -> Found:
        """Compare new values with the whole reference."""


class _Distances(Prepared):
    """Kolmogorov and Smirnov's test of the values that are there."""

    def __init__(self, column: pd.Series) -> None:
        values = _numbers(column)
        self._is_there = ~np.isnan(values)
        self._sorted = np.sort(values[self._is_there])
        unique, codes = np.unique(values[self._is_there], return_inverse=True)
        self._codes = np.full(len(values), len(unique))
        self._codes[self._is_there] = codes
        counts = np.bincount(codes, minlength=len(unique))
        self._below = np.cumsum(counts) / max(1, len(codes))

    def drawn(self, rows: Rows) -> Found:
        size, unique = len(self._sorted), len(self._below)
        counts = np.bincount(self._codes[rows], minlength=unique + 1)[:unique]
        n = int(counts.sum())
        if n == 0 or n == size:
            return NOTHING
        # F_window - F_rest, as F_all is the mean of both, weighted by their sizes.
        apart = np.abs(np.cumsum(counts) / n - self._below).max() * size / (size - n)
        return statistics.ks(float(apart), n, size - n)

    def observed(self, column: pd.Series) -> Found:
        values = _numbers(column)
        there = np.sort(values[~np.isnan(values)])
        if not len(there) or not len(self._sorted):
            return NOTHING
        distance = statistics.ks_distance(there, self._sorted)
        return statistics.ks(distance, len(there), len(self._sorted))


class _Binned(Prepared):
    """A test of counts: PSI over quantile bins or categories, chi-square over categories."""

    def __init__(self, column: pd.Series, test: Test, bins: int) -> None:
        self._compare = statistics.psi if test is Test.PSI else statistics.chi_square
        self._is_numeric = test is Test.PSI and pd.api.types.is_numeric_dtype(column)
        if self._is_numeric:
            inner = np.linspace(0, 1, bins + 1)[1:-1]
            self._edges = np.unique(np.nanquantile(_numbers(column), inner))
            self._size = len(self._edges) + 2
        else:
            counts = column.astype("object").value_counts(dropna=True)
            often = counts.index[counts >= _LEAST_OF_A_CATEGORY]
            self._categories = {value: place for place, value in enumerate(often)}
            # What is rare shares a place with what was never seen: new rare values are no news.
            self._size = len(self._categories) + 2
        self._codes = self._coded(column)
        self._counts = self._counted(self._codes)

    def _coded(self, column: pd.Series) -> NDArray[np.int64]:
        """Return each value's place; what is missing has the last one."""
        missing = self._size - 1
        if self._is_numeric:
            values = _numbers(column)
            places = np.searchsorted(self._edges, values, side="right")
            return np.where(np.isnan(values), missing, places).astype(np.int64)
        found = column.astype("object").map(self._categories)
        places = found.fillna(missing - 1).to_numpy(dtype=np.int64)
        return np.where(column.isna().to_numpy(), missing, places).astype(np.int64)

    def _counted(self, codes: NDArray[np.int64]) -> Counts:
        return np.bincount(codes, minlength=self._size).astype(np.int64)

    def drawn(self, rows: Rows) -> Found:
        window = self._counted(self._codes[rows])
        return self._compare(window, self._counts - window)

    def observed(self, column: pd.Series) -> Found:
        return self._compare(self._counted(self._coded(column)), self._counts)


class _Means(Prepared):
    """Welch's test of the mean of the values that are there."""

    def __init__(self, column: pd.Series) -> None:
        values = _numbers(column)
        self._is_there = ~np.isnan(values)
        self._centre = float(values[self._is_there].mean()) if self._is_there.any() else 0.0
        if not np.isfinite(self._centre):
            raise ValueError(f"{column.name} holds infinite values, which have no mean")
        self._values = values - self._centre
        self._all = Moments.of(self._values[self._is_there])

    def drawn(self, rows: Rows) -> Found:
        window = Moments.of(self._values[rows[self._is_there[rows]]])
        return self._compared(window, self._all.without(window))

    def observed(self, column: pd.Series) -> Found:
        values = _numbers(column) - self._centre
        return self._compared(Moments.of(values[~np.isnan(values)]), self._all)

    @staticmethod
    def _compared(window: Moments, reference: Moments) -> Found:
        if min(window.size, reference.size) < 2:
            return NOTHING
        return statistics.mean_shift(window, reference)


class _Rates(Prepared):
    """The test of two rates: of ones among zeros and ones, or of values that are missing."""

    def __init__(self, column: pd.Series, test: Test) -> None:
        self._of_missing = test is Test.MISSING
        self._hits, self._counts = self._read(column)
        self._all_hits, self._all = int(self._hits.sum()), int(self._counts.sum())

    def _read(self, column: pd.Series) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which rows are hits, and which count."""
        if self._of_missing:
            missing = column.isna().to_numpy()
            return missing, np.ones(len(missing), dtype=bool)
        values = _numbers(column)
        there = ~np.isnan(values)
        strange = set(np.unique(values[there])) - {0.0, 1.0}
        if strange:
            raise ValueError(f"{column.name} should hold 0 and 1 alone, holds {min(strange)}")
        return values == 1, there

    def drawn(self, rows: Rows) -> Found:
        hits, n = int(self._hits[rows].sum()), int(self._counts[rows].sum())
        return self._compared(hits, n, self._all_hits - hits, self._all - n)

    def observed(self, column: pd.Series) -> Found:
        hits, counts = self._read(column)
        return self._compared(int(hits.sum()), int(counts.sum()), self._all_hits, self._all)

    @staticmethod
    def _compared(hits: int, n: int, other_hits: int, m: int) -> Found:
        return statistics.rate_shift(hits, n, other_hits, m) if n and m else NOTHING


def prepare(column: pd.Series, test: FeatureTest, config: DriftConfig) -> Prepared:
    """Return the reference's column ready for `test`; raise ValueError where they do not fit."""
    match test.test:
        case Test.KS:
            return _Distances(column)
        case Test.MEAN:
            return _Means(column)
        case Test.RATE | Test.MISSING:
            return _Rates(column, test.test)
        case Test.PSI | Test.CHI_SQUARE:
            return _Binned(column, test.test, config.bins)


def _numbers(column: pd.Series) -> Numbers:
    if not pd.api.types.is_numeric_dtype(column):
        raise ValueError(f"{column.name} should hold numbers, holds {column.dtype}")
    return column.to_numpy(dtype=np.float64, na_value=np.nan)
