"""Columns of pandas frames on the wire, each as plain buffers.

Arrow streams are not used: a reader inflates compressed bodies before anything can be validated
(6 kB of stream became 200 MB).
"""

import itertools
import math
from typing import Any

from .arrays import Cell, encode_array
from .limits import Refused
from .message import Message
from .times import checked_zone, zone_name

_MISSING, _NAN = -1, -2


def encode_column(column: Any, cell: Cell, message: Message) -> Any:
    """Return the wire form of a Series or flat Index; what has no numpy form goes cell by cell."""
    import pandas

    dtype = column.dtype
    if type(dtype) is pandas.DatetimeTZDtype:
        moments = column.dt if type(column) is pandas.Series else column
        values = moments.tz_convert("UTC")
        values = (values.dt if type(column) is pandas.Series else values).tz_localize(None)
        return ["z", zone_name(dtype.tz), encode_array(values.to_numpy(), cell, message)]
    array = _plain_values(column)
    if array.dtype.kind != "O":
        return encode_array(array, cell, message)
    values = array.tolist()
    texts = _encode_texts(values, cell, message)
    if texts is not None:
        return texts
    message.items(len(values))
    return ["A", [len(values)], [cell(value) for value in values]]


def _plain_values(column: Any) -> Any:
    """Return the values as numpy holds them: categories and nullable types become their values."""
    import numpy

    dtype = column.dtype
    if isinstance(dtype, numpy.dtype):
        return column.to_numpy()
    if dtype.kind in "iuf" and column.hasnans:
        return column.to_numpy(dtype="float64", na_value=numpy.nan)
    if dtype.kind == "O" and dtype.name in ("string", "str"):
        return column.to_numpy(dtype=object, na_value=None)
    return column.to_numpy()


def _encode_texts(values: list[Any], cell: Cell, message: Message) -> list[Any] | None:
    """Return texts as one long text and their lengths, or None if there is anything else."""
    import numpy

    lengths = numpy.empty(len(values), dtype="<i4")
    texts: list[str] = []
    for place, value in enumerate(values):
        if type(value) is str:
            lengths[place] = len(value)
            texts.append(value)
        elif value is None:
            lengths[place] = _MISSING
        elif type(value) is float and value != value:
            lengths[place] = _NAN
        else:
            return None
    text = "".join(texts)
    if not is_text(text):
        return None
    message.strings(len(values))
    message.size(len(text))
    return ["s", text, encode_array(lengths, cell, message)]


def is_text(text: str) -> bool:
    """Say whether a text can be written anywhere: lone surrogates cannot."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def decode_texts_column(text: Any, lengths: Any, message: Message) -> Any:
    """Build an array of str, None and NaN from one long text and the lengths of its parts."""
    import numpy

    if type(text) is not str or lengths.dtype.str != "<i4" or lengths.ndim != 1:
        raise Refused("malformed column of text")
    message.strings(lengths.size)
    message.size(len(text))
    if (lengths.size and lengths.min() < _NAN) or not is_text(text):
        raise Refused("malformed column of text")
    ends = numpy.cumsum(numpy.maximum(lengths, 0), dtype="i8").tolist()
    if (ends[-1] if ends else 0) != len(text):
        raise Refused("a column of text whose parts and whole disagree")
    parts = [text[a:b] for a, b in itertools.pairwise([0, *ends])]
    array = numpy.empty(len(parts), dtype=object)
    array[:] = parts
    array[lengths == _MISSING] = None
    array[lengths == _NAN] = math.nan
    return array


def decode_zoned(zone: Any, moments: Any) -> Any:
    """Build pandas' array of moments in a zone from its UTC values."""
    import pandas

    name = checked_zone(zone)
    if name is None or moments.dtype.kind != "M" or moments.ndim != 1:
        raise Refused("malformed column of times")
    return pandas.DatetimeIndex(moments).tz_localize("UTC").tz_convert(name).array
