"""A Jupyter session that believes nothing of what a kernel sends.

The learner owns the kernel: a message may be no message, of any size and shape, nested without
bottom, or hold text that no file can hold. What cannot be read becomes a message to nobody, which
clients pass over; what is read has the shape that the protocol gives it.
"""

import json
from collections.abc import Mapping
from typing import Any

from jupyter_client.session import Session
from traitlets import Int, Set

from autograder.probing.wire.limits import refuse_bulk

TOO_LARGE = "too_large"
MIB = 1 << 20
_DEEPEST = 60
_UNREADABLE = "unreadable"
_SIZE = "bytes"
_NUMBER_OR_NONE = (int, type(None))
# Of the kinds that a client acts upon: what a message must hold, and of which kind.
_SHAPES: dict[str, dict[str, type | tuple[type, ...]]] = {
    "stream": {"name": str, "text": str},
    "error": {"ename": str, "evalue": str, "traceback": list},
    "display_data": {"data": dict, "metadata": dict},
    "update_display_data": {"data": dict, "metadata": dict},
    "execute_result": {"data": dict, "metadata": dict, "execution_count": _NUMBER_OR_NONE},
    "execute_reply": {"status": str},
    "status": {"execution_state": str},
    "comm_open": {"comm_id": str, "data": dict},
    "comm_msg": {"comm_id": str, "data": dict},
    "comm_close": {"comm_id": str},
}


class DistrustingSession(Session):
    """Read messages as `Session` does; turn what is none into a message to nobody."""

    most_content_bytes = Int(64 * MIB, help="A larger message is told of, not read.")
    unwanted = Set(help="Kinds of messages that are not read any more, only counted.")
    unread = Int(0, help="How many messages of unwanted kinds have come.")

    def feed_identities(self, msg_list: Any, copy: bool = True) -> tuple[Any, Any]:
        """Split a message from its addresses; without a delimiter there is nothing to read."""
        try:
            return super().feed_identities(msg_list, copy)
        except ValueError:
            return [], []

    def deserialize(self, msg_list: Any, content: bool = True, copy: bool = True) -> dict[str, Any]:
        """Return a message of the protocol's shape, `too_large` or to nobody; never raise."""
        try:
            size = sum(len(part) for part in msg_list)
            if self.unwanted and self._is_unwanted(bytes(msg_list[1])):
                return _message(_UNREADABLE, {}, {})
            if size > self.most_content_bytes:
                return _told_of(super().deserialize(msg_list, False, copy), size)
            for part in msg_list[1:5]:
                refuse_bulk(bytes(part))
            checked = _checked(super().deserialize(msg_list, content, copy))
            return {**checked, _SIZE: size}
        except Exception:
            # A wrong signature, broken JSON, missing parts, bottomless lists: as they come.
            return _message(_UNREADABLE, {}, {})

    def _is_unwanted(self, header: bytes) -> bool:
        refuse_bulk(header)
        found = json.loads(header)["msg_type"] in self.unwanted
        self.unread += found
        return found


def size_of(message: Mapping[str, Any]) -> int:
    """Return the bytes in which a message was sent."""
    return int(message[_SIZE])


def _message(kind: str, parent: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    return {
        "header": {"msg_type": kind, "msg_id": ""},
        "msg_id": "",
        "msg_type": kind,
        "parent_header": parent,
        "metadata": {},
        "content": content,
        "buffers": [],
    }


def _told_of(message: dict[str, Any], size: int) -> dict[str, Any]:
    parent = message["parent_header"]
    parent_id = parent.get("msg_id") if isinstance(parent, dict) else None
    told = {"msg_id": parent_id} if isinstance(parent_id, str) else {}
    return {**_message(TOO_LARGE, told, {}), _SIZE: size}


def _checked(message: dict[str, Any]) -> dict[str, Any]:
    kind, found = message["msg_type"], message["content"]
    if type(kind) is not str or message["header"].get("msg_type") != kind:
        raise ValueError("a kind that is no text")
    for part in ("header", "parent_header", "metadata", "content"):
        if type(message[part]) is not dict:
            raise ValueError(f"{part} is no object")
    for name, due in _SHAPES.get(kind, {}).items():
        if not isinstance(found.get(name), due) or isinstance(found.get(name), bool):
            raise ValueError(f"{kind}.{name} is of another kind")
    _check_parts(found)
    return {**message, "content": _plain(found, _DEEPEST)}


def _check_parts(content: Mapping[str, Any]) -> None:
    """Raise ValueError where a part that clients use without asking is of another kind."""
    if not all(type(line) is str for line in content.get("traceback", ())):
        raise ValueError("a traceback that is no text")
    transient = content.get("transient")
    shown = transient.get("display_id") if isinstance(transient, dict) else transient
    if shown is not None and type(shown) is not str:
        raise ValueError("a display id that is no text")
    data = content.get("data")
    for kind, value in data.items() if type(data) is dict else ():
        # JSON kinds hold any value, all others text.
        if not kind.endswith("json") and kind != "state" and "/" in kind and type(value) is not str:
            raise ValueError(f"{kind} that is no text")


def _plain(value: Any, depth: int) -> Any:
    """Return JSON data whose text UTF-8 can hold; raise ValueError where it is nested too deep."""
    kind = type(value)
    if kind is str:
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if kind is not list and kind is not dict:
        return value
    if depth == 0:
        raise ValueError("nested too deeply")
    if kind is list:
        return [_plain(item, depth - 1) for item in value]
    return {_plain(key, 1): _plain(item, depth - 1) for key, item in value.items()}
