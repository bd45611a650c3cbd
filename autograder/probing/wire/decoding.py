"""Read plain data from JSON text, executing nothing of what is read and believing none of it."""

import binascii
import datetime
import json
import math
from collections.abc import Callable
from typing import Any

from .arrays import decode_array, decode_objects, decode_texts
from .columns import decode_texts_column, decode_zoned, is_text
from .frames import decode_frame, decode_index, decode_series
from .limits import MAX_DEPTH, MAX_INT_BITS, MAX_TEXT, Refused, refuse_bulk
from .message import Message
from .opaque import MAX_KIND, Opaque
from .times import decode_duration, decode_iso, decode_nat, decode_timedelta, decode_timestamp

_MOST_COLLISIONS = 1000


class Decoder:
    """Build values from parsed JSON, checking everything it is told."""

    def __init__(self, binary: str) -> None:
        self._message = Message(binary)
        self._depth = 0
        self._tags: dict[str, Callable[..., Any]] = {
            "v": self,
            "f": self._special_float,
            "c": lambda re, im: complex(self._float(re), self._float(im)),
            "y": self._bytes,
            "l": self._list,
            "t": lambda items: tuple(self._list(items)),
            "S": lambda items: set(_spread(self._list(items))),
            "Z": lambda items: frozenset(_spread(self._list(items))),
            "d": self._dict,
            "o": self._opaque,
            "dt": lambda text: decode_iso(datetime.datetime, text),
            "da": lambda text: decode_iso(datetime.date, text),
            "tm": lambda text: decode_iso(datetime.time, text),
            "td": decode_duration,
            "T": decode_timestamp,
            "D": decode_timedelta,
            "NaT": decode_nat,
            "a": lambda name, shape, at: decode_array(name, shape, at, self._message),
            "A": lambda shape, items: decode_objects(shape, self._list(items)),
            "U": lambda kind, shape, items: decode_texts(kind, shape, self._list(items)),
            "F": self._frame,
            "C": self._series,
        }

    def __call__(self, wire: Any) -> Any:
        """Return the value of a wire form, else raise Refused or what the libraries raise."""
        kind = type(wire)
        if kind is str:
            if not is_text(wire):
                raise Refused("text with lone surrogates")
            return wire
        if wire is None or kind is bool:
            return wire
        if kind is float:
            return self._float(wire)
        if kind is int:
            if wire.bit_length() > MAX_INT_BITS:
                raise Refused("a very large int")
            return wire
        if kind is not list or not wire or type(wire[0]) is not str:
            raise Refused("a malformed value")
        return self._tagged(wire, self._tags)

    def _tagged(self, wire: list[Any], tags: dict[str, Callable[..., Any]]) -> Any:
        decode = tags.get(wire[0])
        if decode is None:
            raise Refused("a value of an unknown kind")
        # Twice over, since a scalar's wrapper and an array's cells are levels on this side only.
        if self._depth > 2 * MAX_DEPTH + 4:
            raise Refused("values nested too deeply")
        self._depth += 1
        try:
            return decode(*wire[1:])
        finally:
            self._depth -= 1

    def _float(self, wire: Any) -> float:
        if type(wire) is list and wire and wire[0] == "f":
            return self._special_float(*wire[1:])
        if type(wire) is not float or not math.isfinite(wire):
            raise Refused("a malformed float")
        return wire

    @staticmethod
    def _special_float(text: Any) -> float:
        if type(text) is not str or text not in ("nan", "inf", "-inf"):
            raise Refused("a malformed float")
        return float(text)

    def _bytes(self, text: Any) -> bytes:
        if type(text) is not str:
            raise Refused("malformed bytes")
        return binascii.a2b_base64(text, strict_mode=True) if text else b""

    def _list(self, items: Any) -> list[Any]:
        if type(items) is not list:
            raise Refused("a malformed list")
        self._message.items(len(items))
        return [self(item) for item in items]

    def _dict(self, items: Any) -> dict[Any, Any]:
        if type(items) is not list:
            raise Refused("a malformed dict")
        self._message.items(len(items))
        pairs = [(self(key), self(item)) for key, item in items]
        _spread([key for key, _ in pairs])
        return dict(pairs)

    @staticmethod
    def _opaque(kind: Any) -> Opaque:
        if type(kind) is not str or len(kind) > 2 * MAX_KIND or not kind.isprintable():
            raise Refused("a malformed value")
        return Opaque(kind)

    def _column(self, wire: Any) -> Any:
        if type(wire) is not list or not wire or type(wire[0]) is not str:
            raise Refused("a malformed column")
        columns: dict[str, Callable[..., Any]] = {
            "a": self._tags["a"],
            "A": self._tags["A"],
            "s": lambda text, parts: decode_texts_column(text, self._column(parts), self._message),
            "z": lambda zone, moments: decode_zoned(zone, self._column(moments)),
        }
        return self._tagged(wire, columns)

    def _frame(self, columns: Any, index: Any, values: Any) -> Any:
        if type(values) is not list:
            raise Refused("a malformed frame")
        self._message.items(len(values))
        names = decode_index(columns, self._column, self)
        rows = decode_index(index, self._column, self)
        return decode_frame(names, rows, [self._column(value) for value in values])

    def _series(self, name: Any, index: Any, values: Any) -> Any:
        axis = decode_index(index, self._column, self)
        return decode_series(self(name), axis, self._column(values))


def _spread(keys: list[Any]) -> list[Any]:
    """Return keys that may go into one table, or raise Refused if they were made to collide.

    Numbers that differ by a multiple of the hash's modulus share a hash, and a table of many such
    takes a time that grows with the square of their number.
    """
    if len(keys) - len({hash(key) for key in keys}) > _MOST_COLLISIONS:
        raise Refused("keys that all share one hash")
    return keys


def _no_constant(text: str) -> float:
    raise Refused("a malformed float")


def loads(text: Any) -> Any:
    """Read a wire text, raising Refused for anything that is not plain data within the limits."""
    if type(text) is not str or len(text) > MAX_TEXT:
        raise Refused("no text, or too much of it")
    try:
        head, _, binary = text.partition("\n")
        refuse_bulk(head)
        return Decoder(binary)(json.loads(head, parse_constant=_no_constant))
    except Refused:
        raise
    except Exception as error:
        # From JSON, numpy and pandas alike, RecursionError and MemoryError included.
        said = "".join(c if c.isprintable() else " " for c in str(error)[:160])
        raise Refused(f"{type(error).__name__}: {said}") from None
