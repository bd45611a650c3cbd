"""Expectations about the size and layout of lists, arrays and frames."""

import itertools
import math
from typing import Any, Self

from autograder.checks.kinds import family, is_missing, labels
from autograder.checks.place import Place
from autograder.checks.stepping import items, not_a_list
from autograder.checks.wording import counted, describe, listed, show


class ShapeExpectations(Place):
    """Say how large a value must be, how it is laid out, and how its items are arranged."""

    def to_have_length(self, length: int) -> Self:
        """Expect so many characters, keys, items or rows."""
        value = self._plain()
        sized = family(value) in ("text", "dict", "sequence", "set", "series", "frame")
        if not sized and not (family(value) == "array" and value.ndim):
            self._fail(f"is {describe(value)}, where something of length {length} is due")
        if len(value) != length:
            verb = "is" if length == 1 else "are"
            word = {"text": "character", "dict": "key", "frame": "row"}.get(family(value), "item")
            self._fail(f"has {counted(len(value), word)}, where {length} {verb} due")
        return self

    def to_have_columns(self, *names: Any) -> Self:
        """Expect a frame with at least these columns, in any order."""
        value = self._plain()
        if family(value) != "frame":
            due = f"a DataFrame with the columns {listed(names)}"
            self._fail(f"is {describe(value)}, where {due} is due")
        columns = labels(value.columns)
        lacking = [name for name in names if name not in columns]
        if lacking:
            word = "column" if len(lacking) == 1 else "columns"
            self._fail(f"lacks the {word} {listed(lacking)}; it has {listed(columns)}")
        return self

    def to_be_array(
        self,
        shape: tuple[int | None, ...] | None = None,
        low: float = -math.inf,
        high: float = math.inf,
    ) -> Self:
        """Expect finite numbers in an array, Series or list of this shape, from low to high.

        None in the shape stands for any size. The expectation returned holds a NumPy array.
        """
        array = self._numbers()
        if shape is not None and not _fits(array.shape, shape):
            self._fail(f"has shape {array.shape}, where {_shape(shape)} is due")
        import numpy as np

        wild = ~np.isfinite(array)
        if wild.any():
            at = show([int(i) for i in np.argwhere(wild)[0]])
            values = counted(int(wild.sum()), "value")
            self._fail(f"holds {values} not finite (nan or inf), first at {at}; numbers are due")
        outside = (array < low) | (array > high)
        if outside.any():
            place = tuple(int(i) for i in np.argwhere(outside)[0])
            found = (
                f"holds {array[place].item()!r} at {list(place)}, where {_bounds(low, high)} is due"
            )
            self._fail(f"{found}; {outside.sum()} of {outside.size} values lie outside")
        return type(self)(array, self.what)

    def _numbers(self) -> Any:
        import numpy as np

        value = self._plain()
        due = "an array of numbers"
        if family(value) not in ("array", "series", "sequence"):
            self._fail(f"is {describe(value)}, where {due} is due")
        try:
            # A column of an extension dtype, or of objects, may still hold nothing but numbers.
            array = value.to_numpy() if family(value) == "series" else np.asarray(value)
            if array.dtype == object and all(_is_number(item) for item in array.ravel()):
                array = array.astype(float)
        except (ValueError, TypeError, OverflowError):
            self._fail(f"is {describe(value)}, which does not lie in a regular array; {due} is due")
        if array.dtype.kind not in "iuf" and array.size:
            self._fail(f"holds values of dtype {array.dtype}, where {due} is due")
        return array

    def to_be_sorted(self, *, descending: bool = False) -> Self:
        """Expect the items in order, equal neighbours allowed."""
        values = self._items()
        for place, (one, two) in enumerate(itertools.pairwise(values)):
            try:
                ordered = two <= one if descending else one <= two
            except TypeError:
                self._fail(f"holds {show(one)} beside {show(two)}, which have no order")
            if not ordered:
                way = "falling" if descending else "rising"
                pair = f"{show(one)} comes before {show(two)} at [{place}] and [{place + 1}]"
                self._fail(f"is not in {way} order: {pair}")
        return self

    def to_be_unique(self) -> Self:
        """Expect no item twice."""
        seen: dict[Any, int] = {}
        for place, item in enumerate(self._items()):
            try:
                first = seen.setdefault(item, place)
            except TypeError:
                self._fail(f"is {describe(item)}, which cannot be told from others", f"[{place}]")
            if first != place:
                self._fail(f"holds {show(item)} twice, at [{first}] and [{place}]")
        return self

    def _items(self) -> Any:
        values = items(self._plain())
        if values is None:
            self._fail(not_a_list(self.value))
        return values


def _is_number(item: Any) -> bool:
    return type(item) in (int, float) or is_missing(item)


def _fits(shape: tuple[int, ...], due: tuple[int | None, ...]) -> bool:
    return len(shape) == len(due) and all(
        want in (None, size) for size, want in zip(shape, due, strict=True)
    )


def _shape(due: tuple[int | None, ...]) -> str:
    sizes = ["any" if size is None else str(size) for size in due]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def _bounds(low: float, high: float) -> str:
    if math.isinf(high):
        return f"a number of at least {low!r}"
    return (
        f"a number of at most {high!r}" if math.isinf(low) else f"a number from {low!r} to {high!r}"
    )
