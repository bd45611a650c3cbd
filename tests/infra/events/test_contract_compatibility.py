"""A pair of versions is called compatible only if no data exists that breaks it."""

import json
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field, ValidationError, create_model

from infra.events.compatibility import breaks, publish, require_compatible, require_unchanged
from infra.events.contract import Contract, Payload
from infra.events.contracts import Contracts, Rule
from infra.events.errors import ContractError
from infra.events.schemas import mismatches, read, written


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Inner(Payload):
    a: int
    b: str = "b"


class Wider(Payload):
    a: float
    b: str | None = None
    c: int = 0


class Tree(Payload):
    value: int
    children: tuple["Tree", ...] = ()


class TextTree(Payload):
    value: str
    children: tuple["TextTree", ...] = ()


SMALL = Annotated[int, Field(ge=0, le=10)]
SHORT = Annotated[str, Field(max_length=3)]
TYPES: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(-20, 20),
    SMALL: st.integers(0, 10),
    float: st.floats(-20, 20),
    bool: st.booleans(),
    str: st.text(max_size=6),
    SHORT: st.text(max_size=3),
    Annotated[str, Field(pattern="^a+$")]: st.just("aa"),
    Colour: st.sampled_from(Colour),
    Literal["red"]: st.just("red"),
    Literal[1, 2]: st.sampled_from([1, 2]),
    Optional[int]: st.none() | st.integers(-20, 20),  # noqa: UP045 - as a key beside the others
    int | str: st.integers() | st.text(max_size=5),
    list[int]: st.lists(st.integers(), max_size=3),
    list[SMALL]: st.lists(st.integers(0, 10), max_size=3),
    Annotated[list[int], Field(max_length=2)]: st.lists(st.integers(), max_size=2),
    tuple[int, str]: st.tuples(st.integers(), st.text(max_size=2)),
    dict[str, int]: st.dictionaries(st.sampled_from("abcd"), st.integers(), max_size=3),
    dict[str, str]: st.dictionaries(st.sampled_from("abcd"), st.text(), max_size=3),
    date: st.dates(),
    datetime: st.datetimes(timezones=st.timezones()),
    Inner: st.builds(Inner, a=st.integers(), b=st.text(max_size=2)),
    Wider: st.builds(Wider, a=st.floats(-9, 9), b=st.none() | st.text(), c=st.integers()),
}
FIELDS = st.dictionaries(
    st.sampled_from(["x", "y", "z"]),
    st.tuples(st.sampled_from(list(TYPES)), st.booleans()),
    min_size=1,
)


def model(name: str, fields: dict[str, tuple[Any, bool]], data: st.DataObject) -> type[Payload]:
    """Make a model in which some fields have a default."""
    given_fields = {
        key: (kind, data.draw(TYPES[kind])) if has_default else (kind, ...)
        for key, (kind, has_default) in fields.items()
    }
    return create_model(name, __base__=Payload, **given_fields)  # type: ignore[call-overload]


@cache
def compatible_pairs() -> list[tuple[Any, Any]]:
    """Return the pairs of different types, writer first, that are called compatible."""
    single = {kind: create_model("Single", __base__=Payload, x=(kind, ...)) for kind in TYPES}
    return [
        (writer, reader)
        for writer in TYPES
        for reader in TYPES
        if writer is not reader and not mismatches(read(single[reader]), written(single[writer]))
    ]


def test_some_pairs_are_compatible_and_most_are_not() -> None:
    pairs = compatible_pairs()
    assert {(SMALL, int), (int, float), (int, int | str), (Literal["red"], Colour)} <= set(pairs)
    assert len(pairs) < len(TYPES) ** 2 / 5


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_what_is_called_compatible_is_read(data: st.DataObject) -> None:
    kept = data.draw(FIELDS)
    moved = data.draw(st.lists(st.sampled_from(compatible_pairs()), max_size=2))
    old = kept | {f"moved_{n}": (pair[0], False) for n, pair in enumerate(moved)}
    new = kept | {f"moved_{n}": (pair[1], False) for n, pair in enumerate(moved)}
    dropped = data.draw(st.sampled_from(sorted(kept)))
    new = {name: kind for name, kind in new.items() if name != dropped}
    new["added"] = (int, True)
    writer, reader = model("Writer", old, data), model("Reader", new, data)
    assert mismatches(read(reader), written(writer)) == []
    values = {key: data.draw(TYPES[kind]) for key, (kind, _) in old.items()}
    reader.model_validate_json(writer(**values).model_dump_json())


@given(fields=FIELDS, data=st.data())
@settings(max_examples=100, deadline=None)
def test_every_model_reads_what_it_writes(
    fields: dict[str, tuple[Any, bool]], data: st.DataObject
) -> None:
    one = model("One", fields, data)
    assert mismatches(read(one), written(one)) == []


@pytest.mark.parametrize(
    ("writer", "reader", "witness"),
    [
        (str, int, "x"),
        (float, int, 1.5),
        (int, SMALL, 11),
        (str, SHORT, "long"),
        (int | None, int, None),
        (Colour, Literal["red"], "blue"),
        (int | str, int, "x"),
        (list[int], list[SMALL], [11]),
        (list[int], Annotated[list[int], Field(max_length=2)], [1, 2, 3]),
        (dict[str, int], Inner, {"a": 1, "b": 2}),
        (Wider, Inner, {"a": 0.5}),
        (Tree, TextTree, {"value": 1}),
        (str, datetime, "yesterday"),
        (tuple[int, str], tuple[int, int], (1, "x")),
        (list[int], tuple[int, int], [1]),
    ],
)
def test_what_is_called_a_break_can_be_shown(writer: Any, reader: Any, witness: Any) -> None:
    writing = create_model("Writing", __base__=Payload, x=(writer, ...))
    reading = create_model("Reading", __base__=Payload, x=(reader, ...))
    [first, *_] = mismatches(read(reading), written(writing))
    assert first.field.split(".")[0].split("[")[0] == "x"
    value = writing.model_validate({"x": witness}, strict=False)
    with pytest.raises(ValidationError):
        reading.model_validate_json(value.model_dump_json())


def test_a_tree_is_compared_and_comes_to_an_end() -> None:
    assert mismatches(read(Tree), written(Tree)) == []
    assert [one.field for one in mismatches(read(TextTree), written(Tree))] == ["value"]


def test_a_closed_reader_takes_no_new_field() -> None:
    closed = create_model("Closed", __base__=Payload, __config__=None, x=(int, ...))
    closed.model_config["extra"] = "forbid"
    closed.model_rebuild(force=True)
    wider = create_model("Wide", __base__=Payload, x=(int, ...), y=(int, 0))
    [one] = mismatches(read(closed), written(wider))
    assert (one.field, "no other field" in one.why) == ("y", True)


class Sold(Payload):
    sku: str
    count: int


class SoldWithShop(Payload):
    sku: str
    count: int
    shop: str


class SoldLess(Payload):
    sku: str


OLD = Contract("sold", 1, Sold)


@pytest.mark.parametrize(
    ("newer", "rule", "expected"),
    [
        (SoldWithShop, Rule.FORWARD, []),
        (SoldWithShop, Rule.BACKWARD, [(2, 1, "shop")]),
        (SoldWithShop, Rule.FULL, [(2, 1, "shop")]),
        (SoldLess, Rule.BACKWARD, []),
        (SoldLess, Rule.FORWARD, [(1, 2, "count")]),
    ],
)
def test_each_rule_asks_its_own_direction(
    newer: type[Payload], rule: Rule, expected: list[tuple[int, int, str]]
) -> None:
    found = breaks(Contracts([OLD, Contract("sold", 2, newer)], rule=rule))
    assert [(one.reader, one.writer, one.field) for one in found] == expected


def test_an_upcast_mends_what_lies_behind_it() -> None:
    upcasting = Contract("sold", 2, SoldWithShop, upcast=lambda data: data | {"shop": "?"})
    require_compatible(Contracts([OLD, upcasting], rule=Rule.BACKWARD))
    third = Contract("sold", 3, SoldLess)
    require_compatible(Contracts([OLD, upcasting, third], rule=Rule.BACKWARD))
    with pytest.raises(ContractError, match="version 1 cannot read version 3: field count"):
        require_compatible(Contracts([OLD, upcasting, third], rule=Rule.FULL))


def test_a_published_version_may_not_change(tmp_path: Path) -> None:
    contracts = Contracts([OLD])
    with pytest.raises(ContractError, match=r"sold.v1.json is missing"):
        require_unchanged(contracts, tmp_path)
    [file] = publish(contracts, tmp_path)
    assert publish(contracts, tmp_path) == []
    require_unchanged(contracts, tmp_path)
    assert json.loads(file.read_text())["read"]["required"] == ["sku", "count"]
    with pytest.raises(ContractError, match="make a new version instead"):
        require_unchanged(Contracts([Contract("sold", 1, SoldLess)]), tmp_path)
    with pytest.raises(ContractError, match="its version is gone"):
        require_unchanged(Contracts([Contract("bought", 1, Sold)]), tmp_path)
