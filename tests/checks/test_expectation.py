"""Every message names the place, what was found and what was due."""

import datetime
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from autograder.checks import Margin, expect
from autograder.checks.expectation import Expectation
from autograder.checks.record import Mismatch, recording
from autograder.probing.wire import Opaque

FRAME = pd.DataFrame({"id": [1, 2, 3], "amount": [5.0, 7.5, math.nan]})
WIDE = pd.DataFrame({f"c{i}": [0] for i in range(11)})
UTC = pd.Timestamp("2026-01-01", tz="UTC")


def told(value: Any, method: str, *args: Any, **options: Any) -> str:
    with pytest.raises(Mismatch) as caught:
        getattr(expect(value, "f(x)"), method)(*args, **options)
    return str(caught.value)


EQUALITY = [
    (2, 3, {}, "f(x) is 2, where 3 is due"),
    (0.71, 0.8, {"tol": 0.01}, "f(x) is 0.71, where 0.8 is due (give or take 0.01)"),
    (90, 100, {"tol": 0.01}, "f(x) is 90, where 100 is due (give or take 1)"),
    (math.nan, 1, {}, "f(x) is nan (not a number), where 1 is due"),
    (1, math.nan, {}, "f(x) is 1, where nan is due"),
    (None, 3, {}, "f(x) is None, where 3 (an int) is due"),
    (3, None, {}, "f(x) is 3 (an int), where None is due"),
    ("3", 3, {}, "f(x) is '3' (a string), where 3 (an int) is due"),
    (1, True, {}, "f(x) is 1 (an int), where True (a bool) is due"),
    (False, True, {}, "f(x) is False, where True is due"),
    (3, 3.0, {"exact": True}, "f(x) is 3 (an int), where 3.0 (a float) is due"),
    ([1], (1,), {"exact": True}, "f(x) is a list of 1 item, [1], where a tuple is due"),
    ("eur", "EUR", {}, "f(x) is 'eur', where 'EUR' is due; only upper and lower case differ"),
    ("a b", "a  b", {}, "f(x) is 'a b', where 'a  b' is due; only spaces and line breaks differ"),
    ("abc", "abd", {}, "f(x) is 'abc', where 'abd' is due"),
    ("abc", "abcd", {}, "f(x) is 'abc', where 'abcd' is due; it stops short after 3 characters"),
    ("ab", "a", {}, "f(x) is 'ab', where 'a' is due; it goes on after 1 character"),
    ("x" * 30 + "a", "x" * 30 + "b", {}, "f(x) is '" + "x" * 30 + "a', where '" + "x" * 30
     + "b' is due; they part at character 30: 'a' against 'b'"),
    ([1], {"a": 1}, {}, "f(x) is a list of 1 item, [1], where a dict is due"),
    ({"a": 1}, [1], {}, "f(x) is a dict with the key 'a', where a list is due"),
    ({}, [1], {}, "f(x) is an empty dict, where a list is due"),
    (Opaque("LogisticRegression"), 1, {}, "f(x) is a LogisticRegression (not plain data, so it "
     "cannot be compared), where 1 (an int) is due"),
    ({"fails": 1}, {"failed": 1}, {},
     "f(x) lacks the key 'failed' and has the key 'fails', which is not due"),
    ({"a": 1, "b": 2, "c": 3}, {"a": 1}, {}, "f(x) has the keys 'b' and 'c', which are not due"),
    ({"1": 0}, {1: 0}, {}, "f(x) lacks the key 1 and has the key '1', which is not due; "
     "the key 1 must be an int, not a string"),
    ({"a": {"b": [0, 1]}}, {"a": {"b": [0, 2]}}, {}, "f(x)['a']['b'][1] is 1, where 2 is due"),
    ([1, 2], [1, 2, 3], {}, "f(x) has 2 items, where 3 are due; the first one lacking is 3"),
    ([1, 2], [1], {}, "f(x) has 2 items, where 1 is due; the first one too many is 2"),
    ([1, 5], [1, 2, 3], {},
     "f(x) has 2 items, where 3 are due; the first difference: [1] is 5, where 2 is due"),
    ([2, 1], [1, 2], {},
     "f(x)[0] is 2, where 1 is due; the items are right, their order is not"),
    ([1, 0], [True, False], {}, "f(x)[0] is 1 (an int), where True (a bool) is due"),
    ({1, 2}, {2, 3}, {}, "f(x) lacks the item 3 and has the item 1, which is not due"),
    (UTC.tz_localize(None), UTC, {}, "f(x) is Timestamp('2026-01-01 00:00:00'), where "
     "Timestamp('2026-01-01 00:00:00+0000', tz='UTC') is due; it has no time zone, where one is "
     "due"),
    (np.array([1, 2]), np.array([1, 2, 3]), {}, "f(x) has 2 values, where 3 are due"),
    (np.zeros((3, 1)), np.zeros(3), {},
     "f(x) has shape (3, 1), where (3,) is due; it holds as many values, laid out otherwise"),
    (np.zeros((3, 2)), np.zeros(3), {}, "f(x) has shape (3, 2), where (3,) is due"),
    (np.array([1.0, 2.0, 4.0]), np.array([1.0, 2.0, 3.0]), {},
     "f(x) differs in 1 of 3 places, first at [2]: is 4.0, where 3.0 is due"),
    (np.array([[1, 2], [4, 3]]), np.array([[1, 2], [3, 4]]), {}, "f(x) differs in 2 of 4 places, "
     "first at [1, 0]: is 4, where 3 is due; the values are right, their order is not"),
    (np.array([1.0, np.nan]), np.array([1.0, 2.0]), {"tol": 0.1}, "f(x) differs in 1 of 2 places, "
     "first at [1]: is a missing value, where 2.0 is due (give or take 0.2)"),
    (pd.Series(["1", "2"]), pd.Series([1, 2]), {},
     "f(x) differs in 2 of 2 places, first at [0]: is '1' (str), where 1 (int) is due"),
    (pd.Series([UTC]), pd.Series([UTC.tz_localize(None)]), {},
     "f(x) holds times with a time zone, where times without one are due"),
    (np.float32([1]), np.float64([1]), {"exact": True},
     "f(x) has dtype float32, where float64 is due"),
    (pd.Series([1], index=["b"]), pd.Series([1], index=["a"]), {"exact": True},
     "f(x) has the index ['b'], where ['a'] is due"),
    ([1, 2], FRAME, {}, "f(x) is a list of 2 items, [1, 2], where a DataFrame with 3 rows and "
     "columns ['id', 'amount'] is due"),
    (FRAME.rename(columns={"amount": "amt"}), FRAME, {},
     "f(x) lacks the column 'amount' and has the column 'amt', which is not due"),
    (FRAME.head(2), FRAME, {}, "f(x) has 2 rows, where 3 are due"),
    (FRAME[["amount", "id"]], FRAME, {"exact": True}, "f(x) has its columns in the order 'amount' "
     "and 'id', where 'id' and 'amount' is due"),
    (FRAME.assign(amount=[5, 9, None]), FRAME, {},
     "f(x)['amount'] differs in 1 of 3 places, first at [1]: is 9.0, where 7.5 is due"),
    (FRAME.assign(id=[1, 2, 4], amount=0.0), FRAME, {}, "f(x)['id'] differs in 1 of 3 places, "
     "first at [2]: is 4, where 3 is due; 2 columns differ: 'id' and 'amount'"),
    (FRAME.iloc[[1, 0, 2]], FRAME, {}, "f(x)['id'] differs in 2 of 3 places, first at [0]: is 2, "
     "where 1 is due; the values are right, their order is not; 2 columns differ: 'id' and "
     "'amount'; the rows are right, their order is not"),
]  # fmt: skip


@pytest.mark.parametrize(("got", "want", "how", "message"), EQUALITY)
def test_to_equal_tells_the_difference(got: Any, want: Any, how: Any, message: str) -> None:
    assert told(got, "to_equal", want, **how) == message


OTHERS = [
    ([1], "to_be_a", (dict,), "f(x) is a list of 1 item, [1], where a dict is due"),
    (True, "to_be_a", (int, float), "f(x) is True (a bool), where an int or a float is due"),
    ([1], "to_be_a", (np.ndarray,), "f(x) is a list of 1 item, [1], where a NumPy array is due"),
    (WIDE, "to_be_a", (dict,), "f(x) is a DataFrame with 1 row and columns ['c0', 'c1', 'c2', "
     "'c3', 'c4', 'c5', 'c6', 'c7'] and 3 more, where a dict is due"),
    ({"a": 1}, "to_contain", ("b",), "f(x) does not contain 'b'; it is a dict with the key 'a'"),
    ([1, 2], "to_contain", (3,), "f(x) does not contain 3; it is a list of 2 items, [1, 2]"),
    ("abc", "to_contain", ("z",), "f(x) does not contain 'z'; it is 'abc' (a string)"),
    (5, "to_contain", (5,), "f(x) is 5 (an int), where something that contains 5 is due"),
    (0.71, "to_be_at_least", (0.78,), "f(x) is 0.71, where at least 0.78 is due: 0.07 too low"),
    (9, "to_be_at_most", (5,), "f(x) is 9, where at most 5 is due: 4 too high"),
    (1.5, "to_be_between", (0, 1), "f(x) is 1.5, where a number from 0 to 1 is due: 0.5 too high"),
    (math.nan, "to_be_at_least", (0.5,), "f(x) is nan (not a number), where at least 0.5 is due"),
    ("0.9", "to_be_at_least", (0.5,), "f(x) is '0.9' (a string), where at least 0.5 is due"),
    (True, "to_be_at_least", (0.5,), "f(x) is True (a bool), where at least 0.5 is due"),
    (FRAME, "to_have_columns", ("id", "day"),
     "f(x) lacks the column 'day'; it has 'id' and 'amount'"),
    ({}, "to_have_columns", ("id",),
     "f(x) is an empty dict, where a DataFrame with the columns 'id' is due"),
    ([1], "to_have_length", (2,), "f(x) has 1 item, where 2 are due"),
    (FRAME, "to_have_length", (1,), "f(x) has 3 rows, where 1 is due"),
    (4, "to_have_length", (1,), "f(x) is 4 (an int), where something of length 1 is due"),
    ("b", "to_be_one_of", ("x", "y"), "f(x) is 'b' (a string), where 'x' or 'y' is due"),
    (False, "to_be_true", ("all lie above 0",), "f(x) does not hold: all lie above 0"),
    (1, "to_be_true", ("it is so",), "f(x) is 1 (an int), where True is due: it is so"),
    ([3, 1], "to_be_sorted", (),
     "f(x) is not in rising order: 3 comes before 1 at [0] and [1]"),
    ([1, "a"], "to_be_sorted", (), "f(x) holds 1 beside 'a', which have no order"),
    ([1, math.nan], "to_be_sorted", (),
     "f(x) is not in rising order: 1 comes before nan at [0] and [1]"),
    ({1}, "to_be_sorted", (),
     "f(x) is a set of 1 item, {1}, where a list, a flat array or a Series is due"),
    ([1, 2, 1], "to_be_unique", (), "f(x) holds 1 twice, at [0] and [2]"),
    ([[1]], "to_be_unique", (),
     "f(x)[0] is a list of 1 item, [1], which cannot be told from others"),
    ({}, "to_be_array", (), "f(x) is an empty dict, where an array of numbers is due"),
    ([1, [2]], "to_be_array", (), "f(x) is a list of 2 items, [1, [2]], which does not lie in a "
     "regular array; an array of numbers is due"),
    (["a"], "to_be_array", (), "f(x) holds values of dtype <U1, where an array of numbers is due"),
    ([True], "to_be_array", (),
     "f(x) holds values of dtype bool, where an array of numbers is due"),
    (np.zeros((2, 2)), "to_be_array", ((None, 3),),
     "f(x) has shape (2, 2), where (any, 3) is due"),
    ([0.0, math.inf], "to_be_array", (),
     "f(x) holds 1 value not finite (nan or inf), first at [1]; numbers are due"),
    ([0.5, -0.2, 7], "to_be_array", ((3,), 0, 1),
     "f(x) holds -0.2 at [1], where a number from 0 to 1 is due; 2 of 3 values lie outside"),
    ([-1], "to_be_array", (None, 0),
     "f(x) holds -1 at [0], where a number of at least 0 is due; 1 of 1 values lie outside"),
]  # fmt: skip


@pytest.mark.parametrize(("got", "method", "args", "message"), OTHERS)
def test_each_expectation_tells_what_was_due(
    got: Any, method: str, args: tuple[Any, ...], message: str
) -> None:
    assert told(got, method, *args) == message


STEPS = [
    ({"a": 1}, ("b",), "f(x) has no key 'b'; it is a dict with the key 'a'"),
    ({"a": [1]}, ("a", 3), "f(x)['a'] has 1 item, where at least 4 are due"),
    ([1], (-2,), "f(x) has 1 item, where at least 2 are due"),
    ([1], ("a",), "f(x) is a list of 1 item, [1], where a dict or DataFrame with 'a' is due"),
    ([1], (True,), "f(x) is a list of 1 item, [1], where a dict or DataFrame with True is due"),
    (None, ("a",), "f(x) is None, where a dict or DataFrame with 'a' in it is due"),
    (None, (0,), "f(x) is None, where a list or tuple with 0 in it is due"),
    (FRAME, ("day",), "f(x) has no column 'day'; it is a DataFrame with 3 rows and columns "
     "['id', 'amount']"),
    (pd.DataFrame([[1, 2]], columns=["a", "a"]), ("a",),
     "f(x) has 2 columns named 'a', where one is due"),
    (pd.Series([1], index=["a"]), ("b",), "f(x) has no label 'b'; its labels are ['a']"),
    (pd.Series([1, 2], index=["a", "a"]), ("a",),
     "f(x) has the label 'a' 2 times, where once is due"),
    (np.array(3), (0,), "f(x) is a NumPy array of shape () and dtype int64, which has no places "
     "to step into"),
]  # fmt: skip


@pytest.mark.parametrize(("got", "keys", "message"), STEPS)
def test_a_step_that_leads_nowhere_fails_in_words(got: Any, keys: Any, message: str) -> None:
    assert told(got, "at", *keys) == message


@pytest.mark.parametrize(
    ("got", "keys", "value", "what"),
    [
        ({"a": [1, {"b": 5}]}, ("a", 1, "b"), 5, "f(x)['a'][1]['b']"),
        ((1, 2), (-1,), 2, "f(x)[-1]"),
        (FRAME, ("id", 2), 3, "f(x)['id'][2]"),
        (pd.Series([7, 8], index=[5, 6]), (6,), 8, "f(x)[6]"),
        (pd.Series([7, 8], index=["a", "b"]), (1,), 8, "f(x)[1]"),
        (np.array([[1, 2]]), (0, 1), 2, "f(x)[0][1]"),
    ],
)
def test_a_step_carries_the_place_along(got: Any, keys: Any, value: Any, what: str) -> None:
    there = expect(got, "f(x)").at(*keys)
    assert (there.value, there.what) == (value, what)


def holds(value: Any) -> Expectation:
    return expect(value, "f(x)")


def test_every_expectation_returns_itself_when_it_is_met() -> None:
    holds({"a": 1}).to_be_a(dict).to_contain("a").to_have_length(1).to_equal({"a": 1})
    holds(0.8).to_be_at_least(0.8).to_be_at_most(0.8).to_be_between(0.8, 0.8).to_be_one_of(1, 0.8)
    holds([1, 1, 2]).to_be_sorted().to_contain(2.0)
    holds([2, 1]).to_be_sorted(descending=True).to_be_unique()
    holds(FRAME).to_have_columns("amount").to_have_length(3).to_be_a(pd.DataFrame)
    holds("text").to_contain("ex").to_have_length(4)
    holds({1, 2}).to_contain(1).to_have_length(2)
    holds(np.bool_(True)).to_be_true("it is").to_be_a(bool)
    holds(datetime.date(2026, 1, 1)).to_be_a(datetime.date)
    array = holds(pd.Series([1, 2], dtype="Int64")).to_be_array((2,), 1, 2).value
    assert type(array) is np.ndarray
    assert array.tolist() == [1, 2]
    assert holds([[1, 2]]).to_be_array((None, 2)).value.shape == (1, 2)
    assert holds([]).to_be_array((0,)).value.size == 0


def test_contained_means_equal_and_no_liar_is_believed() -> None:
    assert "does not contain" in told([Opaque("X")], "to_contain", 1)
    assert "does not contain" in told([True], "to_contain", 1)


def test_thresholds_note_their_margins() -> None:
    with recording() as record:
        holds(0.9).to_be_at_least(0.78)
        holds(3).to_be_between(1, 5)
        with pytest.raises(Mismatch):
            holds(9).to_be_at_most(5)
        holds(0.9).to_equal(0.9)
    assert record.expectations == 4
    assert record.margins == [
        Margin("f(x)", 0.9, 0.78),
        Margin("f(x)", 3.0, 1.0),
        Margin("f(x)", 3.0, 5.0),
        Margin("f(x)", 9.0, 5.0),
    ]


@pytest.mark.parametrize("bounds", [(1, 0), (0, math.nan), (0, math.inf)])
def test_bounds_that_bind_nothing_are_the_authors_mistake(bounds: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="bound"):
        holds(0.5).to_be_between(*bounds)


def test_long_values_are_cut_short() -> None:
    assert len(told(list(range(10_000)), "to_equal", {})) < 120
    assert len(told("a" * 10_000, "to_equal", "b" * 10_000)) < 400
    assert len(told({f"k{i}": i for i in range(500)}, "to_equal", {})) < 200
    deep: Any = []
    for _ in range(500):
        deep = [deep]
    assert len(told(deep, "to_equal", [1])) < 200
