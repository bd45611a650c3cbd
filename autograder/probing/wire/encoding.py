"""Write plain data as JSON text, whatever the values claim to be."""

import binascii
import collections
import json
import math
import sys
from typing import Any

from .arrays import encode_array
from .columns import is_text
from .frames import encode_pandas
from .limits import MAX_DEPTH, MAX_INT_BITS, MAX_TEXT, NotPlain, Refused, refuse_bulk
from .message import Message
from .opaque import Opaque, kind_of
from .times import encode_numpy_time, encode_time


class Encoder:
    """Turn values into what JSON and a message's binary part can hold, by exact types alone.

    Neither `isinstance` nor a table keyed by type is used: the one believes `__class__`, the other
    asks the metaclass for a hash, and both may lie.
    """

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self._message = Message()
        self._depth = 0
        numpy: Any = sys.modules.get("numpy")
        self._ndarray = numpy.ndarray if numpy else None
        self._scalars = {id(scalar) for scalar in numpy.sctypeDict.values()} if numpy else set()

    @property
    def binary(self) -> str:
        """The base64 text of what has been encoded beside the JSON."""
        return self._message.binary

    def opaque(self, kind: str) -> list[Any]:
        """Return the stand-in for a value that cannot travel; when strict, raise NotPlain."""
        if self._strict:
            raise NotPlain(f"a check can send plain data only, and this is: {kind}")
        return ["o", kind]

    def __call__(self, value: Any) -> Any:
        """Return the wire form of any value."""
        kind = type(value)
        if kind is str:
            self._message.size(len(value))
            return value if is_text(value) else self.opaque("str with lone surrogates")
        if value is None or kind is bool:
            return value
        if kind is float:
            return value if math.isfinite(value) else ["f", repr(value)]
        if kind is int:
            return value if value.bit_length() <= MAX_INT_BITS else self.opaque("very large int")
        if self._depth >= MAX_DEPTH:
            return self.opaque(f"{kind_of(value)} nested too deeply")
        self._depth += 1
        try:
            wire = self._numpy(value, kind) or self._container(value, kind)
            wire = wire or encode_time(value) or self._pandas(value)
            return wire or self.opaque(kind_of(value))
        except (Refused, NotPlain):
            raise
        except Exception:
            # Whatever went wrong inside a foreign object, the rest of the answer is still good.
            return self.opaque(kind_of(value))
        finally:
            self._depth -= 1

    def _container(self, value: Any, kind: type) -> list[Any] | None:
        tag = "l" if kind is list else "t" if kind is tuple else ""
        tag = tag or ("S" if kind is set else "Z" if kind is frozenset else "")
        if tag:
            self._message.items(len(value))
            return [tag, [self(item) for item in value]]
        if (
            kind is dict
            or kind is collections.Counter
            or kind is collections.defaultdict
            or kind is collections.OrderedDict
        ):
            self._message.items(len(value))
            return ["d", [[self(key), self(item)] for key, item in dict.items(value)]]
        if kind is bytes:
            self._message.size(len(value) * 4 // 3 + 4)
            return ["y", binascii.b2a_base64(value, newline=False).decode()]
        if kind is complex:
            return ["c", self(value.real), self(value.imag)]
        if kind is Opaque:
            return self.opaque(value.kind if type(value.kind) is str else kind_of(value))
        return None

    def _numpy(self, value: Any, kind: type) -> Any:
        if kind is self._ndarray:
            return encode_array(value, self, self._message)
        # Identity stands for the type, since hashing it would ask its metaclass.
        if id(kind) not in self._scalars:
            return None
        letter = value.dtype.char
        if letter in "mM":
            return encode_numpy_time(value)
        if letter in "gG":
            value = value.astype("d" if letter == "g" else "D")
        # Wrapped, since a falsy scalar would read as "not known"; records have no plain form.
        return None if letter in "VO" else ["v", self(value.item())]

    def _pandas(self, value: Any) -> list[Any] | None:
        pandas: Any = sys.modules.get("pandas")
        if pandas is not None and value is pandas.NA:
            return ["v", None]
        return encode_pandas(value, self, self._message)


def dumps_whole(value: Any, *, strict: bool = False) -> str:
    """Return the wire text of a value, or raise Refused when it exceeds the limits.

    When strict, raise NotPlain for a value that would arrive as Opaque.
    """
    encoder = Encoder(strict=strict)
    text = json.dumps(encoder(value), separators=(",", ":"), allow_nan=False)
    refuse_bulk(text)
    if len(text) + len(encoder.binary) > MAX_TEXT:
        raise Refused(f"more than {MAX_TEXT >> 20} MiB of text")
    return f"{text}\n{encoder.binary}"


def dumps(value: Any) -> str:
    """Return the wire text of a value; one that exceeds the limits travels as Opaque."""
    try:
        return dumps_whole(value)
    except Refused:
        return dumps_whole(Opaque(f"{kind_of(value)} too large to send"))
