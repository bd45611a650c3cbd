"""Pandas frames, series and indexes on the wire, column by column."""

import sys
from typing import Any

from .arrays import Cell
from .columns import encode_column
from .limits import MAX_CELLS, Refused
from .message import Message


def encode_index(index: Any, cell: Cell, message: Message) -> list[Any]:
    """Return the wire form of either axis of a frame."""
    import pandas

    if type(index) is pandas.RangeIndex:
        return ["r", index.start, index.stop, index.step, cell(index.name)]
    if type(index) is pandas.MultiIndex:
        message.items(index.nlevels)
        # Nameless, since a level's name may be another level's number.
        bare = index.set_names([None] * index.nlevels)
        levels = [bare.get_level_values(level) for level in range(index.nlevels)]
        columns = [encode_column(level, cell, message) for level in levels]
        return ["m", columns, [cell(name) for name in index.names]]
    return ["i", encode_column(index, cell, message), cell(index.name)]


def decode_index(wire: Any, column: Cell, cell: Cell) -> Any:
    """Build either axis of a frame from its wire form."""
    import pandas

    tag, *parts = wire
    if tag == "r":
        start, stop, step, name = parts
        if any(type(n) is not int or abs(n) > 1 << 62 for n in (start, stop, step)):
            raise Refused("malformed range")
        if len(range(start, stop, step)) > MAX_CELLS:
            raise Refused(f"more than {MAX_CELLS:,} rows")
        return pandas.RangeIndex(start, stop, step, name=cell(name))
    if tag == "m":
        columns, names = parts
        levels = [as_index(column(level)) for level in columns]
        return pandas.MultiIndex.from_arrays(levels, names=[cell(name) for name in names])
    if tag != "i":
        raise Refused("malformed index")
    values, name = parts
    return as_index(column(values), cell(name))


def as_index(values: Any, name: Any = None) -> Any:
    """Build a flat Index of the values' own dtype, tuples staying tuples."""
    import pandas

    if values.ndim != 1:
        raise Refused("malformed index")
    return pandas.Index(values, dtype=values.dtype, name=name, tupleize_cols=False)


def encode_pandas(value: Any, cell: Cell, message: Message) -> list[Any] | None:
    """Return the wire form of an exact DataFrame, Series, Index or pandas array, else None."""
    pandas: Any = sys.modules.get("pandas")
    kind = type(value)
    if pandas is None:
        return None
    if kind is pandas.DataFrame:
        width = value.shape[1]
        message.items(width)
        columns = [encode_column(value.iloc[:, place], cell, message) for place in range(width)]
        axes = [encode_index(axis, cell, message) for axis in (value.columns, value.index)]
        return ["F", *axes, columns]
    if kind is pandas.Series:
        column = encode_column(value, cell, message)
        return ["C", cell(value.name), encode_index(value.index, cell, message), column]
    if issubclass(kind, pandas.Index):
        # A RangeIndex takes no memory however long it is, its values do.
        message.cells(len(value))
        value = pandas.Series(value.to_flat_index(), name=None)
    elif issubclass(kind, pandas.api.extensions.ExtensionArray):
        value = pandas.Series(value)
    else:
        return None
    return encode_pandas(value, cell, message)


def decode_frame(columns: Any, index: Any, values: list[Any]) -> Any:
    """Build a DataFrame from its axes and its columns, which must be of one length."""
    import pandas

    if any(value.ndim != 1 or len(value) != len(index) for value in values):
        raise Refused("a frame whose columns differ in length")
    # By position first: names may occur twice.
    frame = pandas.DataFrame(dict(enumerate(values)), index=index)
    frame.columns = columns
    return frame


def decode_series(name: Any, index: Any, values: Any) -> Any:
    """Build a Series from its name, index and values."""
    import pandas

    if values.ndim != 1 or len(values) != len(index):
        raise Refused("a series whose index and values differ in length")
    return pandas.Series(values, index=index, name=name, dtype=values.dtype)
