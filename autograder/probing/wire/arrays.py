"""Numpy arrays on the wire: dtype, shape and bytes, of a whitelist of dtypes."""

import math
from collections.abc import Callable
from typing import Any

from .limits import MAX_BYTES, MAX_DIMENSIONS, Refused
from .message import Message

Cell = Callable[[Any], Any]

_NUMBERS = ("b1", "i1", "u1", "<i2", "<i4", "<i8", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8")
_TIMES = tuple(
    f"<{kind}8[{unit}]"
    for kind in "Mm"
    for unit in ("Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns")
)
DTYPES = frozenset((*_NUMBERS, "<c8", "<c16", *_TIMES))
_MAX_SIDE = 1 << 31


def encode_array(array: Any, cell: Cell, message: Message) -> list[Any] | None:
    """Return the wire form of an exact ndarray of any shape, or None if its dtype has none."""
    kind = array.dtype.kind
    shape = list(array.shape)
    if kind in "OUS":
        message.items(array.size)
        items = array.ravel().tolist()
        if kind == "O":
            return ["A", shape, [cell(item) for item in items]]
        if array.dtype.itemsize * array.size > MAX_BYTES:
            raise Refused("an array of text that is too large")
        return ["U", kind, shape, [cell(item) for item in items]]
    if array.dtype.str[1:] in ("f16", "c32"):
        array = array.astype("f8" if kind == "f" else "c16")
    dtype = array.dtype.newbyteorder("<")
    name = dtype.str.lstrip("|")
    if name not in DTYPES:
        return None
    message.cells(array.size)
    return ["a", name, shape, message.attach(array.astype(dtype, copy=False).tobytes())]


def checked_shape(shape: Any) -> tuple[int, ...]:
    """Return a shape whose sides are whole numbers below 2**31, else raise Refused."""
    if type(shape) is not list or len(shape) > MAX_DIMENSIONS:
        raise Refused("malformed shape")
    if any(type(side) is not int or not 0 <= side < _MAX_SIDE for side in shape):
        raise Refused("malformed shape")
    return tuple(shape)


def decode_array(name: Any, shape: Any, offset: Any, message: Message) -> Any:
    """Build a writable array of a whitelisted dtype from the message's binary part."""
    import numpy

    if type(name) is not str or name not in DTYPES:
        raise Refused("an array of a kind that is not sent")
    sides = checked_shape(shape)
    dtype = numpy.dtype(name)
    count = math.prod(sides)
    message.cells(count)
    raw = message.attached(offset, count * dtype.itemsize)
    if not raw:
        return numpy.empty(sides, dtype)
    array = numpy.frombuffer(raw, dtype)
    # A bool that is neither 0 nor 1 is undefined behaviour in numpy.
    if name == "b1" and array.view("u1").max() > 1:
        raise Refused("a bool that is neither true nor false")
    return array.reshape(sides).copy()


def decode_objects(shape: Any, items: list[Any]) -> Any:
    """Build an array of objects from its decoded items."""
    import numpy

    array = numpy.empty(len(items), dtype=object)
    for place, item in enumerate(items):
        array[place] = item
    return array.reshape(checked_shape(shape))


def decode_texts(kind: Any, shape: Any, items: list[Any]) -> Any:
    """Build an array of str or bytes, bounded in the memory its widest item makes it take."""
    import numpy

    wanted, width = (str, 4) if kind == "U" else (bytes, 1)
    if kind not in ("U", "S") or any(type(item) is not wanted for item in items):
        raise Refused("malformed array of text")
    widest = max((len(item) for item in items), default=1) or 1
    if widest * width * len(items) > MAX_BYTES:
        raise Refused("an array of text that is too large")
    return numpy.array(items, dtype=f"{kind}{widest}").reshape(checked_shape(shape))
