"""Step into a value by a key, failing in words where there is no such place."""

from collections.abc import Sequence
from typing import Any

from autograder.checks.kinds import family, labels, plain
from autograder.checks.wording import counted, describe, show, with_article


def step(value: Any, key: Any) -> tuple[Any, str]:
    """Return what lies at the key, or what to say instead.

    A dict is entered by a key, a list, tuple or array by a position, a frame by a column, a Series
    by a label or else by a position. The text is empty when the place was found.
    """
    value = plain(value)
    match family(value):
        case "dict":
            if key in value:
                return value[key], ""
            return None, f"has no key {show(key)}; it is {describe(value)}"
        case "frame":
            return _column(value, key)
        case "series":
            return _label(value, key)
        case "sequence" | "array":
            return _position(value, key)
        case _:
            due = "a list or tuple" if type(key) is int else "a dict or DataFrame"
            return None, f"is {describe(value)}, where {due} with {show(key)} in it is due"


def _column(frame: Any, name: Any) -> tuple[Any, str]:
    places = [place for place, column in enumerate(labels(frame.columns)) if column == name]
    if not places:
        return None, f"has no column {show(name)}; it is {describe(frame)}"
    if len(places) > 1:
        return None, f"has {len(places)} columns named {show(name)}, where one is due"
    return frame.iloc[:, places[0]], ""


def _label(series: Any, key: Any) -> tuple[Any, str]:
    places = [place for place, label in enumerate(labels(series.index)) if label == key]
    if len(places) == 1:
        return series.iloc[places[0]], ""
    if type(key) is int and not places:
        return _position(series, key)
    if not places:
        return None, f"has no label {show(key)}; its labels are {show(list(series.index))}"
    return None, f"has the label {show(key)} {len(places)} times, where once is due"


def _position(values: Any, key: Any) -> tuple[Any, str]:
    if type(key) is not int:
        return None, f"is {describe(values)}, where a dict or DataFrame with {show(key)} is due"
    if family(values) == "array" and values.ndim == 0:
        return None, f"is {describe(values)}, which has no places to step into"
    size = len(values)
    if -size <= key < size:
        return (values.iloc[key] if family(values) == "series" else values[key]), ""
    needed = key + 1 if key >= 0 else -key
    return None, f"has {counted(size, 'item')}, where at least {needed} are due"


def items(value: Any) -> Sequence[Any] | None:
    """Return the items of a list, tuple, flat array or Series as plain data, or None."""
    value = plain(value)
    match family(value):
        case "sequence":
            return [plain(item) for item in value]
        case "series":
            return [plain(item) for item in value]
        case "array" if value.ndim == 1:
            return [plain(item) for item in value]
        case _:
            return None


def not_a_list(value: Any) -> str:
    """Return the words for a value that has no items in a row."""
    return f"is {describe(value)}, where {with_article('list')}, a flat array or a Series is due"
