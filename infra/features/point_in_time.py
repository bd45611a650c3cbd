"""Join to each row what was known at its time, never what came later."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from infra.features.batch import require_columns
from infra.features.clock import column_microseconds
from infra.features.definition import MICROSECOND
from infra.features.errors import FeatureError

_WHEN, _FOUND, _ROW = "__when", "__found", "__row"


@dataclass(frozen=True)
class PointInTime:
    """Configure a point-in-time join by column names.

    A feature row of time f is seen by a row of time t when f + `delay` <= t, and no longer than
    `ttl` after it became so: t - (f + delay) <= ttl. The latest one seen is taken. Of several
    with one key and time, the one latest in `created` is; without `created`, or where that is
    the same too, the last in the frame's order.
    """

    keys: tuple[str, ...]
    time: str
    feature_time: str
    ttl: timedelta | None = None
    delay: timedelta = timedelta(0)
    created: str | None = None


def point_in_time_join(
    rows: pd.DataFrame, feature_rows: pd.DataFrame, features: Sequence[str], config: PointInTime
) -> pd.DataFrame:
    """Return `rows` with the columns `features` and the time they are of, missing where none is.

    Index and order of `rows` stay. The time is the column `config.feature_time`. Raise
    FeatureError for columns that are missing, or that `rows` have already.
    """
    _require(rows, feature_rows, features, config)
    keys = list(config.keys)
    left = rows[keys].copy()
    left[_WHEN] = column_microseconds(rows[config.time])
    left[_ROW] = np.arange(len(rows))
    right = feature_rows[keys].copy()
    right[_WHEN] = column_microseconds(feature_rows[config.feature_time])
    right[_WHEN] += config.delay // MICROSECOND
    right[_FOUND] = np.arange(len(feature_rows))
    order = [_WHEN]
    if config.created is not None:
        right["__created"] = column_microseconds(feature_rows[config.created])
        order.append("__created")
    # pandas takes the last of equal times, so ties are put in their order before.
    joined = pd.merge_asof(
        left.dropna(subset=keys).sort_values(_WHEN, kind="stable"),
        right.dropna(subset=keys).sort_values(order, kind="stable"),
        on=_WHEN,
        by=keys,
        tolerance=None if config.ttl is None else config.ttl // MICROSECOND,
    )
    found = joined.set_index(_ROW)[_FOUND].reindex(range(len(rows)))
    place = found.fillna(-1).to_numpy(dtype=np.int64)
    wanted = feature_rows[[config.feature_time, *features]].reset_index(drop=True)
    answer = wanted.reindex(place)
    answer.index = rows.index
    return rows.assign(**{name: answer[name] for name in answer.columns})


def _require(
    rows: pd.DataFrame, feature_rows: pd.DataFrame, features: Sequence[str], config: PointInTime
) -> None:
    if not config.keys:
        raise FeatureError("A point-in-time join needs at least one key.")
    require_columns(rows, (*config.keys, config.time), "the rows")
    created = () if config.created is None else (config.created,)
    needed = (*config.keys, config.feature_time, *created, *features)
    require_columns(feature_rows, needed, "the feature rows")
    for name in (config.feature_time, *features):
        if name in rows.columns:
            raise FeatureError(f"The rows have a column {name!r} already: rename or drop it.")
    for key in config.keys:
        kinds = [frame[key].dtype for frame in (rows, feature_rows)]
        if len(rows) and len(feature_rows) and kinds[0] != kinds[1]:
            raise FeatureError(
                f"The key {key!r} is {kinds[0]} in the rows and {kinds[1]} in the feature rows: "
                "make them the same type."
            )
