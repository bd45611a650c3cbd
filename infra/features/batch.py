"""Execute window features on pandas frames."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from infra.features.clock import column_microseconds
from infra.features.definition import Aggregation, FeatureSet, WindowAggregate
from infra.features.errors import FeatureError
from infra.features.fixed_point import column_units
from infra.features.slices import RangeExtremes, Timeline, distinct_in_slices

Whole = NDArray[np.int64]


def window_features(
    features: FeatureSet, events: pd.DataFrame, at: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return the features of each row of `at` (default: the events themselves), on its index.

    `at` has the columns of entity and time. Events without an entity count for nobody. Takes
    O(n log n) time. Raise FeatureError for columns that are missing or cannot be used.
    """
    require_columns(events, features.columns, "the events")
    at = events if at is None else at
    require_columns(at, (features.entity, features.time), "the rows to compute features for")
    _require_same_kind(events[features.entity], at[features.entity])
    events = _once(features, events)
    timeline = Timeline(
        events[features.entity],
        column_microseconds(events[features.time]),
        at[features.entity],
        column_microseconds(at[features.time]),
    )
    measures = {
        (column, decimals): _Measure(*column_units(events[column], decimals), timeline.order)
        for column, decimals in features.measures
    }
    categories = {
        name: pd.factorize(events[name])[0][timeline.order] for name in features.categories
    }
    found: dict[str, Any] = {}
    for aggregate in features.aggregates:
        low, high = timeline.slices(*aggregate.bounds)
        if aggregate.aggregation is Aggregation.DISTINCT:
            found[aggregate.name] = distinct_in_slices(categories[str(aggregate.value)], low, high)
        elif aggregate.measure is None:
            found[aggregate.name] = high - low
        else:
            found[aggregate.name] = _answer(aggregate, measures[aggregate.measure], low, high)
    return pd.DataFrame(found, index=at.index)


def require_columns(frame: pd.DataFrame, names: Iterable[str], what: str) -> None:
    """Raise FeatureError for a column that `frame`, called `what`, does not have."""
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise FeatureError(
            f"{what[0].upper()}{what[1:]} have no column {missing[0]!r}; "
            f"they have {list(frame.columns)}."
        )


class _Measure:
    """Hold the units of one column in timeline order, with their running sums."""

    def __init__(self, units: Whole, known: NDArray[np.bool_], order: Whole) -> None:
        self.units, self.known = units[order], known[order]
        self.total = np.concatenate(([0], np.cumsum(self.units)))
        self.count = np.concatenate(([0], np.cumsum(self.known)))


def _answer(aggregate: WindowAggregate, measure: _Measure, low: Whole, high: Whole) -> Any:
    count = measure.count[high] - measure.count[low]
    scale = 10.0**aggregate.decimals
    match aggregate.aggregation:
        case Aggregation.COUNT:
            return count
        case Aggregation.SUM:
            return (measure.total[high] - measure.total[low]) / scale
        case Aggregation.MEAN:
            total = (measure.total[high] - measure.total[low]) / scale
            answer = np.divide(total, count, out=np.full(len(low), np.nan), where=count > 0)
        case _:
            is_max = aggregate.aggregation is Aggregation.MAX
            extremes = RangeExtremes(measure.units, measure.known, largest=is_max)
            answer = np.where(count > 0, extremes.of(low, high) / scale, np.nan)
    if aggregate.when_empty is not None:
        answer[count == 0] = aggregate.when_empty
    return answer


def _once(features: FeatureSet, events: pd.DataFrame) -> pd.DataFrame:
    if features.event_id is not None:
        ids = events[features.event_id]
        if ids.isna().any():
            raise FeatureError(
                f"{int(ids.isna().sum())} events have no {features.event_id!r}: give each its id, "
                "or define the features without `event_id`."
            )
        events = events[~ids.duplicated()]
    return events[events[features.entity].notna()]


def _require_same_kind(events: "pd.Series[Any]", at: "pd.Series[Any]") -> None:
    kinds = [pd.api.types.is_numeric_dtype(column.dtype) for column in (events, at)]
    if len(events) and len(at) and kinds[0] != kinds[1]:
        raise FeatureError(
            f"The entity {events.name!r} is {events.dtype} in the events and {at.dtype} in the "
            "rows to compute features for, so none would match: make them the same type."
        )
