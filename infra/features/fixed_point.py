"""Turn numbers into whole units and back, in one way for every engine.

The steps are: times 10**decimals as a double, rounded half to even, kept as an integer; back by
one division of doubles. Each step is exact or correctly rounded (IEEE 754), hence the same in
NumPy, Python, DuckDB and Spark.
"""

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from infra.features.errors import FeatureError

_LIMIT = 2.0**63


def column_units(column: "pd.Series[Any]", decimals: int) -> tuple[NDArray[np.int64], Any]:
    """Return the units as int64, and which rows have a value; raise FeatureError past 64 bits.

    Rows without a value have 0 units. All values together must fit too, so no sum can overflow.
    """
    try:
        values = column.astype("float64").to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise FeatureError(
            f"Column {column.name!r} holds {column.dtype}, which is no number: {error}."
        ) from None
    known = ~np.isnan(values)
    units = np.rint(np.where(known, values, 0.0) * 10.0**decimals)
    if not np.abs(units).sum() < _LIMIT:
        raise FeatureError(
            f"Column {column.name!r} has values too large to be summed with {decimals} decimals "
            "in 64 bits, or infinite ones: lower `decimals`, or mend the values."
        )
    return units.astype(np.int64), known


def units(value: Any, decimals: int, name: str) -> int | None:
    """Return one value in units, None where it is missing; raise FeatureError for no number."""
    if value is None or value is pd.NA:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise FeatureError(f"{name} is {value!r}, which is no number.") from None
    if math.isnan(number):
        return None
    scaled = number * 10.0**decimals
    if not abs(scaled) < _LIMIT:
        raise FeatureError(f"{name} is {value!r}: too large with {decimals} decimals.")
    return round(scaled)


def number(total: int, decimals: int) -> float:
    """Return what a number of units is worth."""
    return float(total) / 10.0**decimals
