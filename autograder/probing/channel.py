"""The shell channel to a kernel that may be dead, busy, flooding or lying."""

import contextlib
import json
import time
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.session import Session
from zmq.utils.monitor import recv_monitor_message

from autograder.errors import CourseError
from autograder.probing.wire.limits import MAX_TEXT, Refused, refuse_bulk

_MAX_MESSAGE = 2 * MAX_TEXT
_MAX_FRAMES = 12
_MAX_HEADER = 64 << 10
_MAX_SKIPPED = 1000
_MEETING_SECONDS = 2.0


class Silent(Exception):  # noqa: N818
    """Report that no reply came in time."""


class Gone(Exception):  # noqa: N818
    """Report that nobody listens at the kernel's end any more."""


class Unreadable(Exception):  # noqa: N818
    """Report a reply that is no proper Jupyter message."""


class ShellChannel:
    """Send execute requests to a kernel and read its replies, believing nothing in them.

    The connection file is read at once and the kernel is met at the first request.
    """

    def __init__(self, connection_file: Path) -> None:
        self._address, self._session = _read_connection(connection_file)
        self._context = zmq.Context()
        self._socket: Any = None
        self._monitor: Any = None

    def ask(self, expression: str) -> str:
        """Have the kernel run nothing and evaluate one expression; return the message's id.

        Raise Gone when nobody listens.
        """
        if self._socket is None or self._is_cut():
            self._meet()
        content = {
            "code": "",
            "silent": True,
            "store_history": False,
            "user_expressions": {"answer": expression},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        try:
            sent = self._session.send(self._socket, "execute_request", content)
        except zmq.Again:
            raise Gone from None
        return str(sent["header"]["msg_id"])

    def reply(self, msg_id: str, seconds: float) -> dict[str, Any]:
        """Return the content of the reply to a message, skipping replies to others.

        Raise Silent after `seconds`, Gone when the kernel has left, Unreadable for anything that
        is no signed message within the limits or for a flood of replies.
        """
        ends = time.monotonic() + seconds
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._monitor, zmq.POLLIN)
        skipped = 0
        while (left := ends - time.monotonic()) > 0:
            ready = dict(poller.poll(max(1, int(left * 1000))))
            if self._socket in ready:
                message = self._receive()
                if message["parent_header"].get("msg_id") == msg_id:
                    return dict(message["content"])
                skipped += 1
                if skipped > _MAX_SKIPPED:
                    raise Unreadable("too many replies to questions nobody asked")
            elif self._monitor in ready and self._is_cut():
                self._meet()
                # It lives, so it was the reply that broke the limits and with them the connection.
                raise Unreadable("the reply was too large or no message at all")
        raise Silent

    def close(self) -> None:
        """Close the connection without waiting for anything."""
        self._drop()
        self._context.destroy(linger=0)

    def _meet(self) -> None:
        """Connect anew; raise Gone if nobody accepts, as even a busy kernel does at once."""
        self._drop()
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.MAXMSGSIZE, _MAX_MESSAGE)
        self._socket.setsockopt(zmq.RCVHWM, 16)
        self._socket.setsockopt(zmq.SNDTIMEO, 1000)
        # A handshake, since a dying process may still have its door open.
        self._monitor = self._socket.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED
        )
        self._socket.connect(self._address)
        ends = time.monotonic() + _MEETING_SECONDS
        while (left := ends - time.monotonic()) > 0:
            if not self._monitor.poll(max(1, int(left * 1000))):
                continue
            if recv_monitor_message(self._monitor)["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                return
        self._drop()
        raise Gone

    def _is_cut(self) -> bool:
        """Say whether the connection ended since it was last asked."""
        cut = False
        while self._monitor.poll(0):
            cut |= recv_monitor_message(self._monitor)["event"] == zmq.EVENT_DISCONNECTED
        return cut

    def _drop(self) -> None:
        """Leave the connection, whatever was half read; the next request meets the kernel anew."""
        if self._socket is None:
            return
        with contextlib.suppress(zmq.ZMQError):
            self._socket.disable_monitor()
        self._monitor.close(linger=0)
        self._socket.close(linger=0)
        self._socket = None

    def _receive(self) -> dict[str, Any]:
        frames = [self._socket.recv()]
        while self._socket.getsockopt(zmq.RCVMORE):
            if len(frames) >= _MAX_FRAMES:
                self._drop()
                raise Unreadable("too many parts")
            frames.append(self._socket.recv())
        try:
            _, parts = self._session.feed_identities(frames)
            if len(parts) < 5 or any(len(part) > _MAX_HEADER for part in parts[:4]):
                raise Unreadable("no Jupyter message")
            refuse_bulk(parts[4])
            message = self._session.deserialize(parts)
            if type(message["parent_header"]) is dict and type(message["content"]) is dict:
                return dict(message)
        except Unreadable:
            raise
        except Refused as error:
            raise Unreadable(str(error)) from None
        except Exception as error:
            # A wrong signature, a message sent twice, broken JSON: all raised as they come.
            raise Unreadable(f"no Jupyter message ({type(error).__name__})") from None
        raise Unreadable("no Jupyter message")


def _read_connection(path: Path) -> tuple[str, Any]:
    """Return the shell's address and a session that signs and checks with its key."""
    try:
        given = json.loads(path.read_text("utf-8"))
        transport, ip, port = given["transport"], given["ip"], int(given["shell_port"])
        key, scheme = str(given["key"]).encode(), str(given["signature_scheme"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CourseError(
            f"{path}: not a kernel's connection file ({type(error).__name__}).",
            mend="Run the notebook again: the grader writes this file when it starts a kernel.",
        ) from None
    # The learner's process may be able to write the file: it must not lead elsewhere.
    if transport == "ipc":
        return f"ipc://{ip}-{port}", Session(key=key, signature_scheme=scheme)
    if transport == "tcp" and str(ip).startswith("127."):
        return f"tcp://{ip}:{port}", Session(key=key, signature_scheme=scheme)
    raise CourseError(
        f"{path}: leads to {transport}://{ip}, not to a kernel on this machine.",
        mend="Grade again; if it stays, look at what the submission writes.",
    )
