"""Whatever a kernel sends, a client gets a message of the protocol's shape, or one to nobody."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from autograder.execution.distrust import TOO_LARGE, DistrustingSession, size_of

KINDS = (
    "stream",
    "display_data",
    "error",
    "status",
    "execute_reply",
    "comm_open",
    "execute_result",
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def signed(session: DistrustingSession, *parts: Any) -> list[bytes]:
    frames = [json.dumps(part).encode() for part in parts]
    return [session.sign(frames), *frames]


def sent(session: DistrustingSession, kind: Any, content: Any, parent: Any = None) -> Any:
    header = {**session.msg_header("x"), "date": "2026-01-01T00:00:00Z", "msg_type": kind}
    found = {"msg_id": "asked"} if parent is None else parent
    return session.deserialize(signed(session, header, found, {}, content))


def to_nobody(message: dict[str, Any]) -> bool:
    return message["parent_header"] == {} and message["content"] == {}


def test_a_proper_message_comes_as_it_is() -> None:
    session = DistrustingSession(key=b"k")
    message = sent(session, "stream", {"name": "stdout", "text": "héllo"})
    assert message["msg_type"] == "stream" and message["parent_header"]["msg_id"] == "asked"
    assert message["content"] == {"name": "stdout", "text": "héllo"}


@given(st.sampled_from(KINDS) | ANYTHING, ANYTHING, st.none() | ANYTHING)
def test_anything_else_is_of_the_due_shape_or_to_nobody(
    kind: Any, content: Any, parent: Any
) -> None:
    message = sent(DistrustingSession(key=b"k"), kind, content, parent)
    assert all(type(message[part]) is dict for part in ("header", "parent_header", "content"))
    if not to_nobody(message) and message["msg_type"] == "stream":
        assert type(message["content"]["text"]) is str
    if not to_nobody(message) and message["msg_type"] == "error":
        assert all(type(line) is str for line in message["content"]["traceback"])


@given(st.lists(st.binary(max_size=20), max_size=7))
def test_broken_frames_are_to_nobody(frames: list[bytes]) -> None:
    session = DistrustingSession(key=b"k")
    assert to_nobody(session.deserialize(session.feed_identities(frames)[1]))


def test_bottomless_and_forged_messages_are_to_nobody() -> None:
    session = DistrustingSession(key=b"k")
    header = {**session.msg_header("display_data"), "date": "2026-01-01T00:00:00Z"}
    deep: Any = {}
    for _ in range(200):
        deep = {"a": deep}
    shown = {"data": {"application/json": deep}, "metadata": {}}
    assert to_nobody(sent(session, "display_data", shown))
    forged = [b"not the signature", *signed(session, header, {}, {}, {})[1:]]
    assert to_nobody(session.deserialize(forged))


def test_text_is_made_fit_for_utf_8() -> None:
    message = sent(DistrustingSession(key=b"k"), "stream", {"name": "stdout", "text": "a\ud800b"})
    assert message["content"]["text"] == "a?b"


def test_what_is_too_large_is_told_of_and_not_read() -> None:
    session = DistrustingSession(key=b"k", most_content_bytes=1000)
    message = sent(session, "stream", {"name": "stdout", "text": "x" * 2000})
    assert message["msg_type"] == TOO_LARGE and size_of(message) > 2000
    assert message["parent_header"] == {"msg_id": "asked"}


def test_what_is_unwanted_is_counted_and_not_read() -> None:
    session = DistrustingSession(key=b"k", unwanted={"stream"})
    assert to_nobody(sent(session, "stream", {"name": "stdout", "text": "x"}))
    assert sent(session, "status", {"execution_state": "idle"})["msg_type"] == "status"
    assert session.unread == 1
