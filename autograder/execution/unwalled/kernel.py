"""A forked kernel, seen from the process that asked for it."""

import json
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any

ASK, MOST_BYTES = b"fork", 1 << 12
_ANSWER_SECONDS = 30
_LAST_WORD_SECONDS = 1


class RefusedError(Exception):
    """Tell that this zygote forks no more: what it imported has changed, or it is ending."""


class OwnKernel:
    """Stand for a forked kernel as `subprocess.Popen` stands for a started one."""

    def __init__(
        self, connection: socket.socket, request: Mapping[str, Any], streams: Sequence[Any]
    ) -> None:
        self.stdin: IO[bytes] | None = None
        self.stdout: IO[bytes] | None = None
        self.stderr: IO[bytes] | None = None
        self.returncode: int | None = None
        self._connection = connection
        self.pid = self._ask(request, streams)
        try:
            self._process: int | None = os.pidfd_open(self.pid)
        except ProcessLookupError:
            self._process = None

    def poll(self) -> int | None:
        """Return the exit code, or None while the kernel lasts."""
        if self.returncode is None and self._ended(0):
            self.returncode = self._last_word()
            self._close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code; raise TimeoutExpired after `timeout` s."""
        if self.returncode is None and not self._ended(timeout):
            raise subprocess.TimeoutExpired("lab-warm", timeout or 0)
        code = self.poll()
        return 0 if code is None else code

    def send_signal(self, number: int) -> None:
        """Send a signal to the kernel alone, if it still lives."""
        if self.returncode is None and self._process is not None:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._process, number)

    def kill(self) -> None:
        """End the kernel at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def __del__(self) -> None:
        # A kernel lasts as long as the process that asked for it, which it knows by this
        # connection; that nobody here remembers the kernel any more is no reason to end it.
        if getattr(self, "pid", None) and self.returncode is None:
            self._connection.detach()

    def _ask(self, request: Mapping[str, Any], streams: Sequence[Any]) -> int:
        """Hand the request over, in a file of its own since environments grow large."""
        opened: list[int] = []
        own_ends: list[tuple[str, int]] = []
        try:
            asked = os.memfd_create("request")
            opened.append(asked)
            os.write(asked, json.dumps(request).encode())
            descriptors = [asked]
            for number, (name, wanted) in enumerate(
                zip(("stdin", "stdout", "stderr"), streams, strict=True)
            ):
                if wanted is subprocess.PIPE or wanted == subprocess.PIPE:
                    ends = os.pipe()
                    mine, given = ends if number else ends[::-1]
                    opened.append(given)
                    own_ends.append((name, mine))
                elif wanted == subprocess.STDOUT:
                    given = descriptors[2]
                else:
                    given = _existing(number, wanted, opened)
                descriptors.append(given)
            self._connection.settimeout(_ANSWER_SECONDS)
            socket.send_fds(self._connection, [ASK], descriptors)
            answer = self._connection.recv(MOST_BYTES)
            if not answer or "pid" not in (told := json.loads(answer)):
                raise RefusedError(told["refused"] if answer else "it ended")
        except BaseException:
            for _, mine in own_ends:
                os.close(mine)
            self._connection.close()
            raise
        finally:
            for descriptor in opened:
                os.close(descriptor)
        for name, mine in own_ends:
            setattr(self, name, os.fdopen(mine, "wb" if name == "stdin" else "rb", buffering=0))
        return int(told["pid"])

    def _ended(self, timeout: float | None) -> bool:
        if self._process is None:
            return True
        waiting = select.poll()
        waiting.register(self._process, select.POLLIN)
        return bool(waiting.poll(None if timeout is None else timeout * 1000))

    def _last_word(self) -> int:
        """Return what the zygote says of the end; it may be gone, and then nobody knows."""
        self._connection.settimeout(_LAST_WORD_SECONDS)
        until = time.monotonic() + _LAST_WORD_SECONDS
        while time.monotonic() < until:
            with suppress(InterruptedError):
                try:
                    answer = self._connection.recv(MOST_BYTES)
                    return int(json.loads(answer)["exit"])
                except (OSError, ValueError, KeyError):
                    break
        return -signal.SIGKILL

    def _close(self) -> None:
        self._connection.close()
        if self._process is not None:
            os.close(self._process)
            self._process = None


def _existing(number: int, wanted: Any, opened: list[int]) -> int:
    """Return the descriptor that `wanted` means for stream `number`, as Popen understands it."""
    if wanted is None and number == 0:
        # An ordinary kernel gets a pipe that is closed at once: it reads nothing either.
        wanted = subprocess.DEVNULL
    if wanted is None:
        with suppress(OSError):
            os.fstat(number)
            return number
        wanted = subprocess.DEVNULL
    if wanted == subprocess.DEVNULL:
        opened.append(os.open(os.devnull, os.O_RDWR))
        return opened[-1]
    return wanted if isinstance(wanted, int) else int(wanted.fileno())
