"""One message under way: its binary parts, and what it has spent of the limits."""

import binascii

from .limits import MAX_BYTES, MAX_CELLS, MAX_ITEMS, MAX_STRING_CELLS, Refused


class Message:
    """Keep count of one message's content, raising Refused when it is too much.

    The binary parts stand behind the JSON as one base64 text, where nothing has to scan them;
    an array knows its part by the offset.
    """

    def __init__(self, binary: str = "") -> None:
        self._binary = [binary] if binary else []
        self._offset = len(binary)
        self._items = MAX_ITEMS
        self._bytes = MAX_BYTES
        self._cells = MAX_CELLS
        self._strings = MAX_STRING_CELLS

    def attach(self, data: bytes) -> int:
        """Add a binary part and return its offset."""
        offset = self._offset
        self.size(len(data))
        self._binary.append(binascii.b2a_base64(data, newline=False).decode("ascii"))
        self._offset += len(self._binary[-1])
        return offset

    def attached(self, offset: object, size: int) -> bytes:
        """Return the binary part of `size` bytes at an offset."""
        if type(offset) is not int or offset < 0:
            raise Refused("a malformed place")
        self.size(size)
        if size == 0:
            return b""
        part = self.binary[offset : offset + (size + 2) // 3 * 4]
        data = binascii.a2b_base64(part, strict_mode=True)
        if len(data) != size:
            raise Refused("an array whose shape and bytes disagree")
        return data

    @property
    def binary(self) -> str:
        """The base64 text of all binary parts."""
        if len(self._binary) != 1:
            self._binary = ["".join(self._binary)]
        return self._binary[0]

    def items(self, count: int) -> None:
        """Spend `count` values that are coded one by one."""
        self._items -= count
        if self._items < 0:
            raise Refused(f"more than {MAX_ITEMS:,} values")

    def size(self, count: int) -> None:
        """Spend `count` bytes of binary data or text."""
        self._bytes -= count
        if self._bytes < 0:
            raise Refused(f"more than {MAX_BYTES >> 20} MiB")

    def cells(self, count: int) -> None:
        """Spend `count` cells of an array, a column or an index."""
        self._cells -= count
        if self._cells < 0:
            raise Refused(f"more than {MAX_CELLS:,} cells")

    def strings(self, count: int) -> None:
        """Spend `count` cells of text, each of which becomes an object."""
        self._strings -= count
        if self._strings < 0:
            raise Refused(f"more than {MAX_STRING_CELLS:,} cells of text")
