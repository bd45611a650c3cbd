"""The process that imports once and forks kernels for its user, without walls.

It holds no secret that a kernel does not get anyway: whoever may ask it has the same environment,
since that is part of its address.
"""

import gc
import json
import os
import selectors
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from autograder.execution.unwalled.forked import be_kernel
from autograder.execution.unwalled.kernel import ASK
from autograder.execution.unwalled.surroundings import standing
from autograder.execution.warm.preloading import KERNEL_MODULES, count_threads, preload

_ASK_SECONDS = 5
_DESCRIPTORS = 4
_CREDENTIALS = struct.Struct("3i")


class _ForkedError(BaseException):
    """Leave the zygote's loop in a fork, past everything that handles the zygote's own errors."""

    def __init__(
        self, connection: int, descriptors: list[int], set_by_imports: dict[str, str]
    ) -> None:
        super().__init__()
        self.connection = connection
        self.descriptors = descriptors
        self.set_by_imports = set_by_imports


class OpenZygote:
    """Fork a kernel for each connection of this user's, until nobody has asked for long."""

    def __init__(self, listener: socket.socket, address: Path, idle_seconds: float) -> None:
        self._listener = listener
        self._address = address
        self._bound = address.stat().st_ino
        self._idle_seconds = idle_seconds
        self._standing = standing("self")
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._runs: dict[int, tuple[int, socket.socket]] = {}
        self._listening = True
        self._set_by_imports: dict[str, str] = {}
        self._imported: dict[str, int] = {}

    def preload(self, modules: list[str]) -> dict[str, Any]:
        """Import what kernels need and `modules`; return which failed and how many threads run."""
        before = dict(os.environ)
        missing = preload([*KERNEL_MODULES, *modules])
        # Some packages configure others through the environment as they are imported.
        self._set_by_imports = {k: v for k, v in os.environ.items() if before.get(k) != v}
        # It sets a variable too, which no kernel is to have on its account.
        preload(["threadpoolctl"])
        self._imported = _changes([getattr(m, "__file__", None) for m in sys.modules.values()])
        gc.collect()
        gc.freeze()
        return {"missing": missing, "threads": count_threads()}

    def serve(self) -> None:
        """Serve until idle for too long; raise _ForkedError in each fork."""
        while self._listening or self._runs:
            ready = self._selector.select(None if self._runs else self._idle_seconds)
            if not ready:
                break
            for key, _ in ready:
                if key.fileobj is self._listener:
                    self._answer(self._listener.accept()[0])
                else:
                    self._tell_end(key.fd)
        self._stop_listening()

    def _answer(self, connection: socket.socket) -> None:
        descriptors: list[int] = []
        try:
            connection.settimeout(_ASK_SECONDS)
            if not self._may_ask(connection):
                connection.close()
                return
            asked, descriptors, _, _ = socket.recv_fds(connection, len(ASK), _DESCRIPTORS)
            if asked != ASK or len(descriptors) != _DESCRIPTORS:
                connection.close()
            elif _changes(list(self._imported)) != self._imported:
                self._stop_listening()
                connection.send(json.dumps({"refused": "a package has changed"}).encode())
                connection.close()
            else:
                self._fork(connection, descriptors)
        except OSError:
            connection.close()
        finally:
            for descriptor in descriptors:
                os.close(descriptor)

    def _may_ask(self, connection: socket.socket) -> bool:
        """Tell whether the other side is in the very place where its kernel would be."""
        found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        pid, user, _ = _CREDENTIALS.unpack(found)
        try:
            return user == os.geteuid() and standing(pid) == self._standing
        except OSError:
            return False

    def _fork(self, connection: socket.socket, descriptors: list[int]) -> None:
        pid = os.fork()
        if pid == 0:
            self._let_go()
            kept = [*descriptors]
            descriptors.clear()
            raise _ForkedError(connection.detach(), kept, self._set_by_imports)
        watch = os.pidfd_open(pid)
        self._runs[watch] = (pid, connection)
        self._selector.register(watch, selectors.EVENT_READ)
        connection.send(json.dumps({"pid": pid}).encode())

    def _let_go(self) -> None:
        """In a fork: leave numbers to close to whoever closes them all, and close none later."""
        self._listener.detach()
        self._selector.close()
        for _, connection in self._runs.values():
            connection.detach()

    def _tell_end(self, watch: int) -> None:
        pid, connection = self._runs.pop(watch)
        self._selector.unregister(watch)
        os.close(watch)
        _, status = os.waitpid(pid, 0)
        with suppress(OSError):
            connection.send(json.dumps({"exit": os.waitstatus_to_exitcode(status)}).encode())
        connection.close()

    def _stop_listening(self) -> None:
        if not self._listening:
            return
        self._listening = False
        self._selector.unregister(self._listener)
        # Another zygote may have taken the place of one that nobody could reach.
        with suppress(OSError):
            if self._address.stat().st_ino == self._bound:
                self._address.unlink()
        self._listener.close()


def main() -> None:
    """Serve on the inherited socket that the first argument names, as nobody's child."""
    settings = json.loads(sys.argv[1])
    if os.fork():
        os._exit(0)
    listener = socket.socket(fileno=settings["listener"])
    zygote = OpenZygote(listener, Path(settings["address"]), settings["idle_seconds"])
    found = zygote.preload(settings["preload"])
    os.write(settings["ready"], json.dumps(found).encode())
    os.close(settings["ready"])
    if found["threads"] != 1:
        return
    try:
        zygote.serve()
        return
    except _ForkedError as here:
        kernel = here
    be_kernel(kernel.connection, kernel.descriptors, kernel.set_by_imports)


def _changes(files: list[str | None]) -> dict[str, int]:
    """Return when each of `files` was last changed, in nanoseconds; zero where it is gone."""
    found = {}
    for file in files:
        if file:
            try:
                found[file] = os.stat(file).st_mtime_ns  # noqa: PTH116 - thousands at each fork
            except OSError:
                found[file] = 0
    return found
