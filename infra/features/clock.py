"""Tell time as whole microseconds since 1970 in UTC, so that windows have exact ends."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from infra.features.definition import MICROSECOND
from infra.features.errors import FeatureError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NANOSECONDS = 1000


def column_microseconds(column: "pd.Series[Any]") -> NDArray[np.int64]:
    """Return a column of times as int64 microseconds; times without a zone are UTC.

    Raise FeatureError for what is no time, for a missing time, and for one finer than that.
    """
    name, dtype = column.name, column.dtype
    if not pd.api.types.is_datetime64_any_dtype(dtype):
        raise FeatureError(
            f"Column {name!r} holds {dtype}, not times: convert it with pandas.to_datetime."
        )
    missing = column.isna()
    if missing.any():
        raise FeatureError(
            f"Column {name!r} has no time in {int(missing.sum())} rows, first at index "
            f"{column.index[int(missing.to_numpy().argmax())]!r}: drop or mend these rows."
        )
    plain = column.dt.tz_convert("UTC").dt.tz_localize(None) if _is_aware(dtype) else column
    is_finer = str(plain.dtype) == "datetime64[ns]"
    if is_finer and (plain.to_numpy().astype(np.int64) % _NANOSECONDS).any():
        raise FeatureError(
            f"Column {name!r} has times finer than a microsecond, which windows do not tell"
            ' apart: round them, for example with .dt.floor("us").'
        )
    whole: NDArray[np.int64] = plain.to_numpy().astype("datetime64[us]").astype(np.int64)
    return whole


def microseconds(moment: datetime | int) -> int:
    """Return an instant as microseconds; whole numbers are that already, no zone means UTC."""
    if isinstance(moment, bool) or not isinstance(moment, datetime | int | np.integer):
        raise FeatureError(f"{moment!r} is no instant: give a datetime or whole microseconds.")
    if not isinstance(moment, datetime):
        return int(moment)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - EPOCH) // MICROSECOND


def instant(moment: int) -> datetime:
    """Return microseconds as a datetime in UTC."""
    return EPOCH + moment * MICROSECOND


def _is_aware(dtype: Any) -> bool:
    return isinstance(dtype, pd.DatetimeTZDtype)
