"""Put values into words for a learner: short, and by the names they know."""

import reprlib
from collections.abc import Iterable
from typing import Any

from autograder.checks.kinds import family, plain

_NAMED = 8  # so many columns, keys or missing names are told one by one
_TYPE_WORDS = {str: "string", type(None): "None"}


class _Shortener(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 4
        self.maxdict = self.maxlist = self.maxtuple = self.maxset = 6
        self.maxstring = 80
        self.maxlong = 40
        self.maxother = 80

    def repr1(self, x: Any, level: int) -> str:
        x = plain(x)
        if family(x) in ("array", "series", "frame", "opaque"):
            return f"<{describe(x)}>"
        return super().repr1(x, level)

    def repr_instance(self, x: Any, level: int) -> str:
        # Only plain data arrives here; what is not must not get to speak for itself.
        if family(x) == "unknown":
            return f"<{with_article(type(x).__name__)}>"
        text = repr(x)
        return text if len(text) <= self.maxother else text[: self.maxother] + "..."


def show(value: Any) -> str:
    """Return a value as code, shortened."""
    try:
        return _Shortener().repr(value)
    except (ValueError, RecursionError):  # an int of thousands of digits, a bottomless list
        return f"<{with_article(type_word(type(value)))} too large to show>"


def with_article(word: str) -> str:
    """Return the word with the article that it takes."""
    return f"{'an' if word[:1].lower() in 'aeiou' else 'a'} {word}"


def type_word(kind: type) -> str:
    """Return the name that a learner knows a type by."""
    if kind.__name__ == "ndarray":
        return "NumPy array"
    return _TYPE_WORDS.get(kind, kind.__name__)


def counted(count: int, word: str, plural: str = "") -> str:
    """Return the count with its word: 1 row, 2 rows."""
    return f"{count} {word if count == 1 else plural or word + 's'}"


def listed(items: Iterable[Any], joint: str = "and") -> str:
    """Return items in a row: 'a', 'b' and 'c'; a long row is cut short."""
    shown = [show(item) for item in items] or ["nothing"]
    if len(shown) > _NAMED:
        shown = [*shown[:_NAMED], f"{len(shown) - _NAMED} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} {joint} {shown[-1]}"


def describe(value: Any) -> str:
    """Return what a value is, with enough of it to be recognised."""
    value = plain(value)
    match family(value):
        case "nothing":
            return "None"
        case "opaque":
            return (
                f"{with_article(str(value.kind)[:80])} (not plain data, so it cannot be compared)"
            )
        case "unknown":
            return with_article(type(value).__name__)
        case "frame":
            rows = counted(len(value), "row")
            return f"a DataFrame with {rows} and {_columns(list(value.columns))}"
        case "series":
            return f"a Series with {counted(len(value), 'value')} of dtype {value.dtype}"
        case "array":
            return f"a NumPy array of shape {value.shape} and dtype {value.dtype}"
        case "dict" if value:
            return f"a dict with the {_plural('key', value)} {listed(value)}"
        case "sequence" | "set" if value:
            items = counted(len(value), "item")
            return f"{with_article(type_word(type(value)))} of {items}, {show(value)}"
        case "dict" | "sequence" | "set":
            return f"an empty {type_word(type(value))}"
        case _:
            return f"{show(value)} ({with_article(type_word(type(value)))})"


def _columns(columns: list[Any]) -> str:
    if not columns:
        return "no columns"
    more = f" and {len(columns) - _NAMED} more" if len(columns) > _NAMED else ""
    shown = ", ".join(show(column) for column in columns[:_NAMED])
    return f"{_plural('column', columns)} [{shown}]{more}"


def _plural(word: str, items: Any) -> str:
    return word if len(items) == 1 else f"{word}s"


def due_kind(value: Any) -> str:
    """Return what an expected value is, without its content where that is long."""
    value = plain(value)
    if family(value) in ("dict", "sequence", "set"):
        return with_article(type_word(type(value)))
    return describe(value)
