"""Measure the challenger's gain in each segment, since a mean can hide one that got worse."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from infra.tracking.bootstrap import Array


@dataclass(frozen=True)
class SegmentResult:
    """Hold a segment's rows and gain; None where it was not judged, and `why_not` says why."""

    name: str
    rows: int
    gain: float | None
    why_not: str = ""


def judge_segments(
    segments: Mapping[str, Array], gain: Callable[[Array], float], least_rows: int
) -> tuple[SegmentResult, ...]:
    """Return each segment's gain, `gain` being a function of row numbers.

    A segment of fewer than `least_rows` rows, or on which the metric raises ValueError, is named
    and not judged: its figure would be chance.
    """
    found = []
    for division, values in segments.items():
        labels = np.asarray(values).astype(str)
        for label in np.unique(labels):
            rows = np.flatnonzero(labels == label)
            found.append(_judged(f"{division}={label}", rows, gain, least_rows))
    return tuple(found)


def _judged(
    name: str, rows: Array, gain: Callable[[Array], float], least_rows: int
) -> SegmentResult:
    if len(rows) < least_rows:
        return SegmentResult(name, len(rows), None, f"fewer than {least_rows} rows")
    try:
        found = float(gain(rows))
    except ValueError as error:
        return SegmentResult(name, len(rows), None, str(error))
    if not np.isfinite(found):
        return SegmentResult(name, len(rows), None, "the metric is not finite")
    return SegmentResult(name, len(rows), found)
