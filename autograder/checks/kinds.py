"""Tell the kinds of plain data apart, and bring their spellings together.

pandas and NumPy are looked up among the modules already imported: where they are not, no value
can be one of theirs, and a check that needs neither does not wait for them.
"""

import collections
import datetime
import math
import sys
import types
from collections.abc import Hashable
from typing import Any, Literal

from autograder.probing.wire import Opaque

Family = Literal[
    "nothing", "bool", "number", "text", "bytes", "clock", "moment", "duration",
    "sequence", "set", "dict", "array", "series", "frame", "opaque", "unknown",
]  # fmt: skip

_BUILTIN: dict[type, Family] = {
    type(None): "nothing",
    bool: "bool",
    int: "number",
    float: "number",
    complex: "number",
    str: "text",
    bytes: "bytes",
    datetime.time: "clock",
    list: "sequence",
    tuple: "sequence",
    set: "set",
    dict: "dict",
    Opaque: "opaque",
}
_DICTS = (
    collections.Counter,
    collections.OrderedDict,
    collections.defaultdict,
    types.MappingProxyType,
)
_LISTS = (range, collections.deque)


def family(value: Any) -> Family:
    """Name the kind of a value by its exact type: a subclass may behave otherwise."""
    known = _BUILTIN.get(type(value))
    if known is not None:
        return known
    if type(value) is datetime.timedelta:
        return "duration"
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and type(value) is numpy.ndarray:
        return "array"
    if pandas is not None:
        if type(value) is pandas.Timestamp:
            return "moment"
        if type(value) is pandas.Timedelta:
            return "duration"
        if type(value) is pandas.Series:
            return "series"
        if type(value) is pandas.DataFrame:
            return "frame"
    return "unknown"


def plain(value: Any) -> Any:
    """Return the value in the spelling in which a probe would have brought it."""
    kind = type(value)
    if kind in _BUILTIN:
        return value
    if kind is frozenset:
        return set(value)
    if kind in _DICTS:
        return dict(value)
    if kind in _LISTS:
        return list(value)
    if kind in (datetime.datetime, datetime.date):
        import pandas as pd

        return pd.Timestamp(value)
    if kind is datetime.timedelta:
        return _plain_duration(value)
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        return _plain_scalar(value)
    return _plain_pandas(value)


def _plain_duration(value: datetime.timedelta) -> Any:
    import pandas as pd

    try:
        return pd.Timedelta(value)
    except (OverflowError, ValueError):  # beyond the 292 years that pandas can count
        return value


def _plain_scalar(value: Any) -> Any:
    if value.dtype.kind not in "mM":
        return value.item()
    import pandas as pd

    moment = pd.Timestamp(value) if value.dtype.kind == "M" else pd.Timedelta(value)
    return None if pd.isna(moment) else moment


def _plain_pandas(value: Any) -> Any:
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return value
    if value is pandas.NaT or value is pandas.NA:
        return None
    if isinstance(value, pandas.Index | pandas.api.extensions.ExtensionArray):
        return pandas.Series(value).reset_index(drop=True)
    return value


def due(expected: Any) -> Any:
    """Return an expected value as plain data; raise TypeError for what no answer can equal."""
    if isinstance(expected, str):
        return str.__str__(expected)
    if isinstance(expected, tuple):
        return tuple(expected)
    value = plain(expected)
    if family(value) in ("unknown", "opaque"):
        raise TypeError(
            f"a {type(expected).__name__} cannot be expected: no answer arrives as one, "
            "compare plain data"
        )
    return value


def labels(index: Any) -> list[Hashable]:
    """Return the labels of an axis; one that cannot be looked up is told by its type alone."""
    return [label if _is_hashable(label) else f"<{type(label).__name__}>" for label in index]


def _is_hashable(label: Any) -> bool:
    try:
        hash(label)
    except TypeError:
        return False
    return True


def is_real(value: Any) -> bool:
    """Tell whether a value is an int or a float; a bool is neither, nan is one."""
    return type(value) in (int, float)


def is_missing(value: Any) -> bool:
    """Tell whether a scalar stands for a value that is not there: None or nan."""
    return value is None or (type(value) is float and math.isnan(value))
