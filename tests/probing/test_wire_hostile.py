"""Nothing that travels can lie about what it is, run code or take more than its share."""

import json
import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.probing import wire
from autograder.probing.wire import limits

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=15,
)
tags = st.sampled_from(
    [
        "v",
        "f",
        "c",
        "y",
        "l",
        "t",
        "S",
        "Z",
        "d",
        "o",
        "dt",
        "da",
        "tm",
        "td",
        "T",
        "D",
        "NaT",
        "a",
        "A",
        "U",
        "F",
        "C",
        "s",
        "z",
        "r",
        "m",
        "i",
    ]
)
parts = st.sampled_from(["<i8", "<f8", "<i4", "b1", "<M8[ns]", "ns", "UTC", "U", "S", "nan"])
shaped = st.recursive(
    st.none() | st.integers(-2, 9) | parts | st.text(max_size=4) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(tags, inner).map(list)
        | st.tuples(tags, inner, inner).map(list)
        | st.tuples(tags, inner, inner, inner).map(list)
    ),
    max_leaves=20,
)


def outcome(text: Any) -> str:
    """Read a text; whatever else than a value or Refused comes out fails the test."""
    try:
        wire.loads(text)
    except wire.Refused:
        return "refused"
    return "value"


@settings(max_examples=150, deadline=None)
@given(anything, st.text(max_size=20))
def test_any_json_is_read_or_refused(value: Any, rest: str) -> None:
    assert outcome(json.dumps(value) + "\n" + rest) in ("refused", "value")


@settings(max_examples=400, deadline=None)
@given(shaped, st.sampled_from(["", "AAAA", "AAAAAAAAAAA=", "AAAAAAAAAAAAAAAAAAAAAA==", "%"]))
def test_any_almost_right_message_is_read_or_refused(value: Any, rest: str) -> None:
    assert outcome(json.dumps(value) + "\n" + rest) in ("refused", "value")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60), st.text(max_size=60))
def test_any_bytes_or_text_are_refused_or_read(raw: bytes, text: str) -> None:
    assert outcome(raw) == "refused"
    assert outcome(raw.decode("latin-1")) in ("refused", "value")
    assert outcome(text) in ("refused", "value")


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        "",
        "[" * 100_000,
        "[" + "[]," * 2_000_000 + "[]]",
        "NaN",
        "[NaN]",
        "1e999",
        '["f","1e5"]',
        '["f","infinity"]',
        "9" * 5000,
        "9" * 2000,
        '"\\ud800"',
        '["d",[[["l",[]],1]]]',
        '["S",[["d",[]]]]',
        '["y","a"]',
        '["o",7]',
        '["o","two\\nlines"]',
        '["a","<i8",[1],0]\nAAAA',
        '["a","|O",[1],0]\nAAAAAAAAAAA=',
        '["a","<f16",[1],0]\nAAAAAAAAAAAAAAAAAAAAAA==',
        '["a","b1",[3],0]\nAgEA',
        '["a","<i8",[true],0]\nAAAAAAAAAAA=',
        '["a","<i8",[-1],0]\n',
        '["a","<i8",[1],-12]\nAAAAAAAAAAA=',
        '["a","<i8",[0,99999999999999],0]\n',
        '["a","<i8",[0,2147483647,2147483647,2147483647],0]\n',
        '["a","<i8",[0,0,0,0,0,0,0,0,0,0],0]\n',
        '["A",[3],[1]]',
        '["U","U",[1],[7]]',
        '["U","O",[1],["a"]]',
        '["T",1,"ns","dateutil//etc/passwd"]',
        '["T",1,"ns","../../etc/passwd"]',
        '["T",1,"ns","Nowhere/Land"]',
        '["T",-9223372036854775808,"ns",null]',
        '["T",1,"Y",null]',
        '["dt","yesterday"]',
        '["td",1e9,0,0]',
        '["F",["r",0,0,1,null],["r",0,9000000000000,1,null],[]]',
        '["F",["r",0,0,0,null],["r",0,0,1,null],[]]',
        '["F",["r",0,1,1,null],["r",0,2,1,null],[["s","a",["a","<i4",[1],0]]]]\nAQAAAA==',
        '["C",null,["r",0,1,1,null],["s","a",["a","<i4",[1],0]]]\nAgAAAA==',
        '["C",null,["r",0,1,1,null],["s","a",["a","<i4",[1],0]]]\n/f///w==',
        '["C",["l",[]],["r",0,1,1,null],["s","a",["a","<i4",[1],0]]]\nAQAAAA==',
    ],
)
def test_bombs_and_forgeries_are_refused(text: Any) -> None:
    begun = time.perf_counter()
    with pytest.raises(wire.Refused):
        wire.loads(text)
    assert time.perf_counter() - begun < 2


def test_one_binary_part_cannot_be_unfolded_many_times() -> None:
    part = "A" * (4 << 20)
    array = f'["a","<i8",[{3 << 17}],0]'
    with pytest.raises(wire.Refused, match=r"MiB|cells"):
        wire.loads(f'["l",[{",".join([array] * 60)}]]\n{part}')


def test_one_wide_text_does_not_widen_a_whole_array() -> None:
    items = ",".join(['""'] * 100_000)
    with pytest.raises(wire.Refused, match="too large"):
        wire.loads(f'["U","U",[100001],["{"x" * 100_000}",{items}]]')


class LyingText(str):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


class LyingDict(dict[Any, Any]):
    def __getitem__(self, key: Any) -> Any:
        return "right"


class LyingMeta(type):
    __module__ = "numpy"

    def __hash__(cls) -> int:
        return hash(int)

    def __eq__(cls, other: object) -> bool:
        return True

    def __getattribute__(cls, name: str) -> Any:
        if name in ("__qualname__", "__name__", "__module__", "__mro__"):
            return "dict"
        return super().__getattribute__(name)


class Trap(metaclass=LyingMeta):
    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"asked for {name}")

    @property
    def __class__(self) -> Any:
        return dict


class Number(int):
    def bit_length(self) -> int:
        return 1


class Array(np.ndarray[Any, Any]):
    pass


class Frame(pd.DataFrame):
    pass


@pytest.mark.parametrize(
    "value",
    [
        LyingText("a"),
        LyingDict(a=1),
        Trap(),
        Trap,
        Number(3),
        np.zeros(2).view(Array),
        Frame({"a": [1]}),
        np.ma.masked_array([1], mask=[True]),
        np.zeros(2, dtype=[("a", "i4")]),
        np.float64,
        object(),
        print,
        (x for x in ()),
        {}.keys(),
        range(3),
        1 << 5000,
        "\ud800",
        np.void(b"ab"),
    ],
    ids=lambda value: type.__dict__["__qualname__"].__get__(type(value)),
)
def test_whatever_is_not_plain_arrives_as_opaque(value: Any) -> None:
    got = wire.loads(wire.dumps({"in": [value]}))["in"][0]
    assert type(got) is wire.Opaque
    assert got != value
    assert got != got
    assert "not plain data" in repr(got)
    with pytest.raises(wire.NotPlain):
        wire.dumps_whole([value], strict=True)


def test_opaque_cells_of_a_frame_leave_the_rest_readable() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": [object(), LyingText("x")]})
    got = wire.loads(wire.dumps(frame))
    assert got["a"].tolist() == [1, 2]
    assert [type(cell) for cell in got["b"]] == [wire.Opaque, wire.Opaque]


def test_recursive_and_branching_containers_end() -> None:
    loop: list[Any] = []
    loop.append(loop)
    got = wire.loads(wire.dumps(loop))
    for _ in range(limits.MAX_DEPTH - 1):
        got = got[0]
    assert type(got[0]) is wire.Opaque
    tree: Any = [0]
    for _ in range(30):
        tree = [tree, tree]
    assert type(wire.loads(wire.dumps(tree))) is wire.Opaque


@pytest.mark.parametrize(
    "value",
    [
        [0] * (limits.MAX_ITEMS + 1),
        b"x" * (limits.MAX_BYTES + 1),
        np.zeros(limits.MAX_BYTES // 8 + 1),
        np.zeros(limits.MAX_CELLS + 1, dtype=bool),
        pd.RangeIndex(10**12),
    ],
    ids=["items", "bytes", "array", "cells", "range"],
)
def test_what_is_too_large_arrives_as_opaque(value: Any) -> None:
    got = wire.loads(wire.dumps(value))
    assert type(got) is wire.Opaque
    assert "too large" in got.kind
    with pytest.raises(wire.Refused):
        wire.dumps_whole(value)


def test_a_deep_value_that_could_be_sent_can_be_read() -> None:
    value: Any = np.float64(1)
    for _ in range(limits.MAX_DEPTH - 1):
        value = [value]
    got = wire.loads(wire.dumps(value))
    for _ in range(limits.MAX_DEPTH - 1):
        got = got[0]
    assert got == 1.0
