"""What a message may hold at most; the same on both sides."""

MAX_BYTES = 64 << 20
MAX_TEXT = 96 << 20  # of one message: base64 takes a third more
MAX_ITEMS = 500_000
MAX_DEPTH = 40
MAX_CELLS = 20_000_000
MAX_STRING_CELLS = 4_000_000
MAX_INT_BITS = 4096
MAX_DIMENSIONS = 8

# An item costs at most four of these signs (a dict entry: one bracket, two commas, a tag).
_STRUCTURE = 4 * MAX_ITEMS


class Refused(ValueError):  # noqa: N818
    """Report that a text is not plain data within the limits."""


class NotPlain(TypeError):  # noqa: N818
    """Report that a check tried to send something that is not plain data."""


def refuse_bulk(text: str | bytes) -> None:
    """Raise Refused for a JSON text that is too long or would parse into too many objects.

    It is asked before parsing: 64 MiB of `[],` would take over a gigabyte as lists.
    """
    # Twice over: inside a message every quote is escaped.
    if len(text) > 2 * MAX_TEXT:
        raise Refused(f"more than {MAX_TEXT >> 19} MiB of text")
    if isinstance(text, bytes):
        signs = sum(text.count(sign) for sign in (b"[", b"{", b","))
    else:
        signs = sum(text.count(sign) for sign in ("[", "{", ","))
    if signs > _STRUCTURE:
        raise Refused(f"more than {MAX_ITEMS:,} values")
