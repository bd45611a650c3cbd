"""Find where arrays, columns and frames differ from what is due."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types as dtypes

from autograder.checks.difference import difference, lacks_and_has
from autograder.checks.kinds import family, is_missing, labels, plain
from autograder.checks.scalars import Difference, Leniency, give_or_take
from autograder.checks.wording import counted, listed, show

Mask = np.ndarray[Any, np.dtype[np.bool_]]


def array_difference(got: Any, want: Any, leniency: Leniency) -> Difference | None:
    """Return where two arrays or Series differ; a Series counts by its values unless exact."""
    if got.shape != want.shape:
        return Difference("", _shapes(got.shape, want.shape))
    if leniency.exact and (text := _exact_column(got, want)):
        return Difference("", text)
    flat_got, flat_want = _flat(got), _flat(want)
    if text := _time_zones(flat_got, flat_want):
        return Difference("", text)
    bad = unequal(flat_got, flat_want, leniency)
    if not bad.any():
        return None
    first = int(bad.argmax())
    place = [int(i) for i in np.unravel_index(first, want.shape)]
    one, other = flat_got.iloc[first], flat_want.iloc[first]
    text = _item(one, other, leniency)
    if bad.size > 1:
        text = f"differs in {bad.sum()} of {bad.size} places, first at {place}: {text}"
    return Difference("", text + _reordered(flat_got, flat_want))


def _shapes(got: tuple[int, ...], want: tuple[int, ...]) -> str:
    if len(got) == len(want) == 1:
        due = f"{want[0]} {'is' if want[0] == 1 else 'are'} due"
        return f"has {counted(got[0], 'value')}, where {due}"
    text = f"has shape {got}, where {want} is due"
    if np.prod(got) == np.prod(want):
        text += "; it holds as many values, laid out otherwise"
    return text


def _exact_column(got: Any, want: Any) -> str:
    if got.dtype != want.dtype:
        return f"has dtype {got.dtype}, where {want.dtype} is due"
    if family(got) == "series" and not got.index.equals(want.index):
        return f"has the index {show(list(got.index))}, where {show(list(want.index))} is due"
    return ""


def _flat(values: Any) -> pd.Series:
    return pd.Series(values.ravel() if family(values) == "array" else values.array)


def _time_zones(got: pd.Series, want: pd.Series) -> str:
    if not (
        dtypes.is_datetime64_any_dtype(got.dtype) and dtypes.is_datetime64_any_dtype(want.dtype)
    ):
        return ""
    if (got.dt.tz is None) == (want.dt.tz is None):
        return ""
    one, other = ("no", "with one") if got.dt.tz is None else ("a", "without one")
    return f"holds times with {one} time zone, where times {other} are due"


def _is_numeric(values: pd.Series) -> bool:
    return dtypes.is_numeric_dtype(values.dtype) and not dtypes.is_bool_dtype(values.dtype)


def unequal(got: pd.Series, want: pd.Series, leniency: Leniency) -> Mask:
    """Return which values of equally long columns differ; missing values equal each other."""
    absent, absent_due = got.isna().to_numpy(bool), want.isna().to_numpy(bool)
    bad: Mask = absent != absent_due
    both = ~absent & ~absent_due
    compare: Callable[[pd.Series, pd.Series, Leniency], Mask] = _unequal_items
    if _is_numeric(got) and _is_numeric(want):
        compare = _unequal_numbers
    elif dtypes.is_datetime64_any_dtype(got.dtype) and dtypes.is_datetime64_any_dtype(want.dtype):
        compare = _unequal_moments
    bad[both] = compare(got[both], want[both], leniency)
    return bad


def _unequal_numbers(got: pd.Series, want: pd.Series, leniency: Leniency) -> Mask:
    one, other = _numbers(got), _numbers(want)
    bad: Mask = one != other
    if leniency.tol and bad.any():
        wide = complex if "c" in (one.dtype.kind, other.dtype.kind) else float
        with np.errstate(over="ignore", invalid="ignore"):
            size, distance = np.abs(other.astype(wide)), np.abs(one - other.astype(wide))
            bad &= ~(np.isfinite(size) & (distance <= leniency.tol * np.maximum(1.0, size)))
    return bad


def _numbers(values: pd.Series) -> np.ndarray[Any, Any]:
    array = values.to_numpy()
    return array.astype(float) if array.dtype == object else array


def _unequal_moments(got: pd.Series, want: pd.Series, leniency: Leniency) -> Mask:
    bad: Mask = np.asarray(got.array != want.array, dtype=bool)
    return bad


def _unequal_items(got: pd.Series, want: pd.Series, leniency: Leniency) -> Mask:
    one, other = got.to_numpy(object), want.to_numpy(object)
    if set(map(type, one)) == {str} == set(map(type, other)):
        bad: Mask = one != other
        return bad
    return np.fromiter(
        (difference(a, b, leniency) is not None for a, b in zip(got, want, strict=True)),
        dtype=bool,
        count=len(want),
    )


def _item(got: Any, want: Any, leniency: Leniency) -> str:
    one, other = (None if _absent(value) else plain(value) for value in (got, want))
    found, due = ("a missing value" if v is None else show(v) for v in (one, other))
    if one is not None and other is not None and family(one) != family(other):
        found, due = f"{found} ({type(one).__name__})", f"{due} ({type(other).__name__})"
    return f"is {found}, where {due} is due{give_or_take(other, leniency.tol)}"


def _absent(value: Any) -> bool:
    return is_missing(plain(value))


def _reordered(got: pd.Series, want: pd.Series) -> str:
    try:
        same = Counter(got) == Counter(want)
    except TypeError:  # lists and dicts cannot be counted
        return ""
    return "; the values are right, their order is not" if same else ""


def frame_difference(got: Any, want: Any, leniency: Leniency) -> Difference | None:
    """Return where two frames differ.

    Rows count in their order; the order of columns, the index and dtype widths do not, unless
    exact.
    """
    columns, columns_due = labels(got.columns), labels(want.columns)
    text = _column_names(columns, columns_due, leniency)
    if text:
        return Difference("", text)
    if len(got) != len(want):
        due = f"{len(want)} {'is' if len(want) == 1 else 'are'} due"
        return Difference("", f"has {counted(len(got), 'row')}, where {due}")
    if leniency.exact and not got.index.equals(want.index):
        return Difference(
            "", f"has the index {show(list(got.index))}, where {show(list(want.index))} is due"
        )
    by_position = columns == columns_due or len(set(columns_due)) < len(columns_due)
    wrong = []
    for position, name in enumerate(columns_due):
        at = position if by_position else columns.index(name)
        one, other = (f.reset_index(drop=True) for f in (got.iloc[:, at], want.iloc[:, position]))
        found = array_difference(one, other, leniency)
        if found is not None:
            wrong.append((name, found))
    if not wrong:
        return None
    name, found = wrong[0]
    text = found.text
    if len(wrong) > 1:
        text += f"; {counted(len(wrong), 'column')} differ: {listed(n for n, _ in wrong)}"
    return Difference(f"[{show(name)}]", text + _rows_reordered(got, want, columns_due))


def _column_names(got: list[Any], want: list[Any], leniency: Leniency) -> str:
    lacking = list((Counter(want) - Counter(got)).elements())
    extra = list((Counter(got) - Counter(want)).elements())
    if lacking or extra:
        return lacks_and_has(lacking, extra, "column")
    if got != want and (leniency.exact or len(set(want)) < len(want)):
        return f"has its columns in the order {listed(got)}, where {listed(want)} is due"
    return ""


def _rows_reordered(got: Any, want: Any, columns: list[Any]) -> str:
    if len(set(columns)) < len(columns) or len(columns) < 2:
        return ""
    try:
        one, other = (
            sorted(pd.util.hash_pandas_object(frame, index=False))
            for frame in (got, want[got.columns])
        )
    except TypeError:  # lists and dicts cannot be hashed
        return ""
    return "; the rows are right, their order is not" if one == other else ""
