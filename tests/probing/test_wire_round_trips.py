"""Plain data arrives as it was sent."""

import collections
import datetime
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from hypothesis.extra import pandas as pdst

from autograder.probing import wire

ROUNDS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats(allow_nan=False)
    | texts
    | st.binary(max_size=9)
    | st.complex_numbers(allow_nan=False)
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.timedeltas()
)
keys = st.integers() | texts | st.tuples(st.integers(), texts)
values = st.recursive(
    scalars | st.frozensets(keys, max_size=4) | st.sets(keys, max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(keys, inner, max_size=4)
    ),
    max_leaves=12,
)
dtypes = (
    npst.boolean_dtypes()
    | npst.integer_dtypes()
    | npst.unsigned_integer_dtypes()
    | npst.floating_dtypes(sizes=(16, 32, 64))
    | npst.complex_number_dtypes(sizes=(64, 128))
    | npst.datetime64_dtypes(max_period="D", min_period="ns")
    | npst.timedelta64_dtypes(max_period="D", min_period="ns")
    | npst.unicode_string_dtypes(max_len=5)
    | npst.byte_string_dtypes(max_len=5)
)
columns = [
    pdst.column("i", dtype=np.int64),
    pdst.column("f", dtype=np.float32),
    pdst.column("b", dtype=bool),
    pdst.column("s", elements=texts | st.none(), dtype=object),
    pdst.column("mixed", elements=texts | st.integers() | st.none(), dtype=object),
    pdst.column("t", dtype="datetime64[ns]"),
    pdst.column("d", dtype="timedelta64[ns]"),
]


def arrived(value: Any) -> Any:
    return wire.loads(wire.dumps(value))


def same(got: Any, sent: Any) -> bool:
    """Compare with exact types, all the way down."""
    if type(got) is not type(sent):
        return False
    if isinstance(sent, list | tuple):
        return len(got) == len(sent) and all(map(same, got, sent))
    if isinstance(sent, dict):
        return list(got) == list(sent) and all(same(got[key], sent[key]) for key in sent)
    return bool(got == sent)


@ROUNDS
@given(values)
def test_built_in_values_arrive_with_their_types(value: Any) -> None:
    assert same(arrived(value), value)


@ROUNDS
@given(npst.arrays(dtypes, npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)))
def test_arrays_arrive_with_dtype_shape_and_values(array: Any) -> None:
    got = arrived(array)
    assert type(got) is np.ndarray
    assert got.shape == array.shape
    assert got.dtype.kind == array.dtype.kind
    if array.dtype.kind not in "US":
        assert got.dtype == array.dtype.newbyteorder("<")
        assert got.tobytes() == array.astype(got.dtype).tobytes()
    elif any(0xD800 <= ord(c) < 0xE000 for text in array.ravel().tolist() for c in str(text)):
        assert wire.loads(wire.dumps(array)) is not None
    else:
        assert (got == array).all()


@ROUNDS
@given(pdst.data_frames(columns, index=pdst.range_indexes(max_size=6)))
def test_frames_arrive_with_names_dtypes_index_and_cells(frame: pd.DataFrame) -> None:
    got = arrived(frame)
    pd.testing.assert_frame_equal(got, frame)
    assert type(got.index) is pd.RangeIndex


@ROUNDS
@given(pdst.series(dtype=np.float64, index=pdst.indexes(dtype="datetime64[ns]", max_size=6)))
def test_series_arrive_with_index(series: Any) -> None:
    pd.testing.assert_series_equal(arrived(series), series, check_freq=False)


@ROUNDS
@given(
    st.datetimes(datetime.datetime(1700, 1, 1), datetime.datetime(2200, 1, 1)),
    st.sampled_from([None, "UTC", "Europe/London", "Etc/GMT+5", "America/New_York"]),
    st.sampled_from(["s", "ms", "us", "ns"]),
)
def test_timestamps_arrive_with_zone_and_unit(moment: Any, zone: Any, unit: Any) -> None:
    sent = pd.Timestamp(moment).tz_localize("UTC").tz_convert(zone).as_unit(unit)
    got = arrived(sent)
    assert type(got) is pd.Timestamp
    assert got == sent
    assert got.unit == unit
    assert str(got.tz) == str(sent.tz)


@ROUNDS
@given(st.integers(-(2**62), 2**62))
def test_timedeltas_arrive_to_the_nanosecond(count: int) -> None:
    got = arrived(pd.Timedelta(count, "ns"))
    assert type(got) is pd.Timedelta
    assert got == pd.Timedelta(count, "ns")


@pytest.mark.parametrize(
    ("sent", "due"),
    [
        (np.float32(1.5), 1.5),
        (np.int8(-3), -3),
        (np.bool_(False), False),
        (np.str_("a"), "a"),
        (np.longdouble(0.5), 0.5),
        (np.datetime64("2024-05-01"), pd.Timestamp("2024-05-01")),
        (np.timedelta64(90, "s"), pd.Timedelta("90s")),
        (np.float64(0.0), 0.0),
        (pd.NA, None),
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        (collections.defaultdict(int, a=1), {"a": 1}),
        (collections.OrderedDict(a=1), {"a": 1}),
    ],
)
def test_known_relatives_arrive_as_plain_python(sent: Any, due: Any) -> None:
    got = arrived(sent)
    assert type(got) is type(due)
    assert got == due


def test_floats_that_json_has_no_word_for_arrive() -> None:
    nan, plus, minus, zero = arrived([math.nan, math.inf, -math.inf, -0.0])
    assert math.isnan(nan)
    assert (plus, minus) == (math.inf, -math.inf)
    assert math.copysign(1, zero) == -1
    assert arrived(pd.NaT) is pd.NaT


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(),
        pd.DataFrame(index=range(3)),
        pd.DataFrame(columns=["a", "b"]),
        pd.DataFrame({"a": pd.Series([], dtype="int64")}),
        pd.DataFrame([[1, "x"], [2, None]], columns=["a", "a"]),
        pd.DataFrame({"x": [1, "a", None, [2], {"k": (1,)}]}),
        pd.DataFrame({"s": ["a", None, math.nan, "ä"]}, index=[3, 1, 2, 0]),
        pd.DataFrame({0: [1.0], 1: [2.0]}, index=pd.Index(["r"], name="row")),
        pd.DataFrame({("a", 1): [1], ("a", 2): [2]}),
        pd.DataFrame({"v": [1, 2]}, index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])),
        pd.DataFrame({"v": [1]}, index=pd.MultiIndex.from_tuples([("a", 1)], names=[1, 0])),
        pd.DataFrame({"t": pd.date_range("2024-03-30", periods=3, tz="Europe/London")}),
        pd.DataFrame({"v": [1, 2]}, index=pd.date_range("2024", periods=2, tz="UTC")),
    ],
)
def test_frames_of_every_form_arrive(frame: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(arrived(frame), frame, check_freq=False)


def test_columns_of_pandas_own_types_arrive_as_their_values() -> None:
    frame = pd.DataFrame(
        {
            "category": pd.Categorical(["x", "y", "x"]),
            "whole": pd.array([1, 2, 3], dtype="Int64"),
            "gaps": pd.array([1, None, 3], dtype="Int64"),
            "text": pd.array(["a", None, "c"], dtype="string"),
            "flag": pd.array([True, None, False], dtype="boolean"),
            "sparse": pd.arrays.SparseArray([0.0, 0.0, 1.0]),
        }
    )
    got = arrived(frame)
    assert got["category"].tolist() == ["x", "y", "x"]
    assert got["whole"].dtype == np.int64
    assert got["gaps"].fillna(-1).tolist() == [1.0, -1.0, 3.0]
    assert got["text"].tolist() == ["a", None, "c"]
    assert got["flag"].tolist() == [True, None, False]
    assert got["sparse"].tolist() == [0.0, 0.0, 1.0]


def test_an_index_or_a_pandas_array_arrives_as_a_series() -> None:
    assert arrived(pd.Index(["a", "b"])).tolist() == ["a", "b"]
    assert arrived(pd.RangeIndex(3)).tolist() == [0, 1, 2]
    assert arrived(pd.Categorical(["a", "b"])).tolist() == ["a", "b"]


def test_arrays_of_any_layout_arrive_writable() -> None:
    array = np.arange(12.0).reshape(3, 4).T[::2]
    got = arrived(array.astype(">f8"))
    assert (got == array).all()
    got[0, 0] = 7
