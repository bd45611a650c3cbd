"""What stands for a value that is not plain data."""

from typing import Any, Final

MAX_KIND: Final = 120

# Read from the type itself: a metaclass may answer `__qualname__` with anything.
_qualname = type.__dict__["__qualname__"].__get__


class Opaque:
    """Stand for a value that is not plain data; it is equal to nothing, itself included."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __repr__(self) -> str:
        return f"<{self.kind}: not plain data>"

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True

    # By identity, so that a dict with an unreadable key still arrives.
    __hash__ = object.__hash__


def kind_of(value: Any) -> str:
    """Return the name of a value's true type, at most 120 printable characters, as an exact str."""
    name = str.__getitem__(_qualname(type(value)), slice(MAX_KIND))
    return "".join(c if c.isprintable() else "?" for c in name)
