"""The first difference is found wherever it lies, and its place is named."""

import copy
import datetime
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.checks.difference import difference
from autograder.checks.scalars import Leniency
from autograder.probing.wire import Opaque

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=8)
    | st.datetimes()
    | st.dates()
    | st.timedeltas()
    | st.binary(max_size=4)
    | st.sets(st.integers(), max_size=3)
)
KEYS = st.text(max_size=4) | st.integers()
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
COLUMNS = st.sampled_from(["i", "f", "s", "o", "b", "t"])


def column(kind: str, size: int, seed: int) -> Any:
    draw = np.random.default_rng(seed)
    return {
        "i": lambda: draw.integers(0, 9, size),
        "f": lambda: np.where(draw.random(size) < 0.2, np.nan, draw.random(size)),
        "s": lambda: draw.choice(["a", "b", None], size),
        "o": lambda: np.array([[1, "x", None, 2.5][i] for i in draw.integers(0, 4, size)], object),
        "b": lambda: draw.random(size) < 0.5,
        "t": lambda: pd.Timestamp("2026-01-01") + pd.to_timedelta(draw.integers(0, 99, size), "h"),
    }[kind]()


FRAMES = st.builds(
    lambda kinds, size, seed: pd.DataFrame(
        {f"{kind}{i}": column(kind, size, seed + i) for i, kind in enumerate(kinds)}
    ),
    st.lists(COLUMNS, min_size=1, max_size=3),
    st.integers(1, 5),
    st.integers(0, 999),
)


def between(got: Any, want: Any, **how: Any) -> str | None:
    found = difference(got, want, Leniency(**how))
    return None if found is None else f"x{found.path} {found.text}"


def leaf_paths(value: Any) -> list[tuple[Any, ...]]:
    if isinstance(value, dict | list) and value:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        return [(key, *rest) for key, inner in pairs for rest in leaf_paths(inner)]
    return [()]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    value = copy.copy(value)
    value[path[0]] = replaced(value[path[0]], path[1:], new)
    return value


@given(VALUES)
def test_a_value_equals_its_copy(value: Any) -> None:
    assert between(copy.deepcopy(value), value) is None
    assert between(copy.deepcopy(value), value, exact=True) is None


@given(VALUES, st.data())
def test_a_changed_leaf_is_found_and_its_place_named(value: Any, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(leaf_paths(value)))
    found = difference(replaced(value, path, "something else altogether"), value, Leniency())
    assert found is not None
    assert found.path == "".join(f"[{key!r}]" for key in path)
    assert found.text


@given(VALUES | FRAMES, VALUES | FRAMES)
@settings(max_examples=200)
def test_comparing_anything_with_anything_never_breaks(got: Any, want: Any) -> None:
    for how in ({}, {"exact": True}, {"tol": 0.1}):
        text = between(got, want, **how)
        assert text is None or (text.startswith("x") and len(text) < 3000)


@given(FRAMES)
def test_a_frame_equals_itself_in_other_clothes(frame: pd.DataFrame) -> None:
    assert between(frame.copy(), frame, exact=True) is None
    assert between(frame[frame.columns[::-1]], frame) is None
    other_index = frame.set_axis([f"r{i}" for i in range(len(frame))])
    assert between(other_index, frame) is None
    assert between(other_index, frame, exact=True) is not None


@given(FRAMES, st.data())
def test_a_changed_cell_is_found(frame: pd.DataFrame, data: st.DataObject) -> None:
    row = data.draw(st.integers(0, len(frame) - 1))
    at = data.draw(st.integers(0, frame.shape[1] - 1))
    changed = frame.astype(object)
    changed.iloc[row, at] = "something else altogether"
    text = between(changed, frame)
    assert text is not None
    assert text.startswith(f"x[{frame.columns[at]!r}]")
    assert "'something else altogether'" in text


@given(st.floats(allow_nan=False), st.floats(allow_nan=False), st.floats(0, 2))
def test_arrays_and_scalars_agree_on_the_tolerance(got: float, want: float, tol: float) -> None:
    alone = between(got, want, tol=tol) is None
    assert (between(np.array([got]), np.array([want]), tol=tol) is None) == alone


EQUAL = [
    (3, 3.0),
    (math.nan, math.nan),
    (np.float64(2), 2),
    (np.bool_(True), True),
    ((1, 2), [1, 2]),
    (range(3), [0, 1, 2]),
    (frozenset({1}), {1}),
    (np.array([1, 2]), [1, 2]),
    ([1.0, 2.0], np.array([1, 2])),
    ([1, None], np.array([1, math.nan])),
    (pd.Series([1, 2], index=["a", "b"]), [1, 2]),
    (pd.Series([1, 2], dtype="Int64"), np.array([1.0, 2.0])),
    (pd.Series([1, None], dtype="Int64"), pd.Series([1, math.nan])),
    (pd.Series(["a", None], dtype="category"), pd.Series(["a", math.nan])),
    (np.float32([0.5, 2]), np.float64([0.5, 2])),
    (np.array([[1, 2]]), [[1, 2]]),
    (pd.NaT, None),
    (pd.Timestamp("2026-01-01"), datetime.date(2026, 1, 1)),
    (np.datetime64("2026-01-01"), pd.Timestamp("2026-01-01")),
    (pd.Timestamp("2026-01-01T12", tz="UTC"), pd.Timestamp("2026-01-01T13", tz="Europe/Berlin")),
    (np.array(["2026-01-01"], "M8[ns]"), [pd.Timestamp("2026-01-01")]),
    (pd.Series(pd.to_datetime(["2026-01-01"])).astype("M8[s]"), np.array(["2026-01-01"], "M8[ns]")),
    (1 + 2j, 1 + 2j),
    ({"a": (1, {"b": 2.0})}, {"a": [1, {"b": 2}]}),
    (datetime.time(9), datetime.time(9)),
    (pd.DataFrame(), pd.DataFrame()),
]


@pytest.mark.parametrize(("got", "want"), EQUAL)
def test_values_that_count_as_equal(got: Any, want: Any) -> None:
    assert between(got, want) is None


class Liar:
    """Claim to equal everything, the way no value that was decoded can."""

    def __eq__(self, other: object) -> bool:
        return True

    def __repr__(self) -> str:
        raise RuntimeError("no words for me")

    __hash__ = None


class LyingDict(dict):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None


@pytest.mark.parametrize("hostile", [Liar(), LyingDict(a=1), Opaque("Model"), object(), int, len])
@pytest.mark.parametrize(
    "want",
    [None, True, 1, 1.5, "a", b"a", [1], {1}, {"a": 1}, np.array([1]), pd.Series([1]),
     pd.DataFrame({"a": [1]}), pd.Timestamp("2026-01-01")],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_is_no_plain_data_equals_nothing(hostile: Any, want: Any) -> None:
    assert between(hostile, want) is not None
    assert between([hostile], [want]) is not None
    assert between({"k": hostile}, {"k": want}) is not None
    assert between(np.array([hostile], object), [want]) is not None
    assert between(pd.Series([hostile], dtype=object), pd.Series([want], dtype=object)) is not None


@pytest.mark.parametrize("unknown", [Opaque("Model"), Liar(), int])
def test_an_expected_value_must_be_plain_data(unknown: Any) -> None:
    with pytest.raises(TypeError, match="cannot be expected"):
        between(1, unknown)


def test_an_infinite_bound_lets_nothing_pass_for_infinity() -> None:
    assert between(5.0, math.inf, tol=0.1) is not None
    assert between(np.array([5.0]), np.array([math.inf]), tol=0.1) is not None
    assert between(np.array([-math.inf]), np.array([-math.inf]), tol=0.1) is None


def test_large_ids_are_compared_to_the_last_digit() -> None:
    one, other = 2**60, 2**60 + 1
    assert between(one, other) is not None
    assert between(np.array([one]), np.array([other])) is not None
    assert between(pd.Series([one], dtype="Int64"), pd.Series([other])) is not None


def test_a_number_too_large_for_a_float_is_unequal_and_shown() -> None:
    assert between(10**400, 1.0, tol=0.1) is not None
    text = between(10**5000, 1)
    assert text == "x is <an int too large to show>, where 1 is due"
