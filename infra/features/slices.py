"""Answer questions about many windows at once, each a slice of the events in order."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Whole = NDArray[np.int64]


class Timeline:
    """Order events by entity and time, so that any window of one entity is a slice of them."""

    def __init__(
        self,
        entity: "pd.Series[Any]",
        time: Whole,
        at_entity: "pd.Series[Any]",
        at_time: Whole,
    ) -> None:
        both = [entity, at_entity]
        if entity.dtype != at_entity.dtype:
            # Otherwise whole numbers beside floats would meet as floats and lose digits.
            both = [part.astype(object) for part in both]
        codes = pd.factorize(pd.concat(both, ignore_index=True))[0].astype(np.int64)
        events, asked = codes[: len(entity)], codes[len(entity) :]
        self.order = np.lexsort((time, events))
        # Searches that ascend stay within the processor's caches.
        self._asked = np.lexsort((at_time, asked))
        self._codes, self._at = asked[self._asked], at_time[self._asked]
        self._known: dict[int, Whole] = {}
        # Ranks in place of times keep entity and time together within 64 bits.
        self._times = np.unique(time)
        self._stride = len(self._times) + 1
        ranks = np.searchsorted(self._times, time[self.order])
        self._keys = events[self.order] * self._stride + ranks

    def slices(self, start: int, end: int) -> tuple[Whole, Whole]:
        """Return where the window [t+start, t+end) of each row begins and ends in `order`."""
        return self._position(start), self._position(end)

    def _position(self, offset: int) -> Whole:
        if offset not in self._known:
            ranks = np.searchsorted(self._times, self._at + offset)
            # A row whose entity is missing has code -1, before all keys: an empty slice.
            found = np.searchsorted(self._keys, self._codes * self._stride + ranks)
            places = np.empty(len(found), dtype=np.int64)
            places[self._asked] = found
            self._known[offset] = places
        return self._known[offset]


class RangeExtremes:
    """Answer the minimum or maximum of any slice from extremes over powers of two.

    A sparse table: O(n log w) to build for slices up to w, O(1) for each (Bender and
    Farach-Colton, 2000). Slices without a known value answer whatever; the caller knows them.
    """

    def __init__(self, values: Whole, known: NDArray[np.bool_], *, largest: bool) -> None:
        self._pick = np.maximum if largest else np.minimum
        limits = np.iinfo(np.int64)
        self._levels = [np.where(known, values, limits.min if largest else limits.max)]

    def of(self, low: Whole, high: Whole) -> Whole:
        """Return the extreme of each slice [low, high)."""
        length = high - low
        answer = np.zeros(len(low), dtype=np.int64)
        if not length.any():
            return answer
        # frexp gives the exponent exactly, which a logarithm may miss by one.
        level = np.frexp(length.astype(float))[1].astype(np.int64) - 1
        for power in range(int(level.max()) + 1):
            values = self._level(power)
            rows = np.flatnonzero((level == power) & (length > 0))
            answer[rows] = self._pick(values[low[rows]], values[high[rows] - (1 << power)])
        return answer

    def _level(self, power: int) -> Whole:
        while len(self._levels) <= power:
            below, step = self._levels[-1], 1 << (len(self._levels) - 1)
            self._levels.append(self._pick(below[:-step], below[step:]))
        return self._levels[power]


def distinct_in_slices(codes: Whole, low: Whole, high: Whole) -> Whole:
    """Return how many distinct codes each slice has; -1 is none.

    Both ends move forward only: windows of one length, taken in order of their start, also end
    in order. O(n) after sorting.
    """
    order = np.lexsort((high, low))
    values = codes.tolist()
    held = [0] * (max(values, default=-1) + 1)
    answer = np.zeros(len(low), dtype=np.int64)
    first = end = distinct = 0
    starts, ends = low[order].tolist(), high[order].tolist()
    for row, start, stop in zip(order.tolist(), starts, ends, strict=True):
        for code in values[end:stop]:
            if code >= 0:
                distinct += held[code] == 0
                held[code] += 1
        end = max(end, stop)
        for code in values[first:start]:
            if code >= 0:
                held[code] -= 1
                distinct -= held[code] == 0
        first = max(first, start)
        answer[row] = distinct
    return answer
