"""Tell whether a port is free and, when it is not, who holds it."""

import contextlib
import socket
from dataclasses import dataclass

import psutil

from infra.settings.ports import LOOPBACK
from infra.stack.processes import stack_of

_LONGEST_COMMAND = 100


@dataclass(frozen=True)
class Holder:
    """Describe who holds a port; pid 0 when the system does not say.

    `is_client` says that nobody listens: a client's connection to elsewhere has the port as its
    own, for up to a minute after its end.
    """

    port: int
    pid: int = 0
    command: str = ""
    stack: str = ""
    is_client: bool = False

    def __str__(self) -> str:
        if self.is_client:
            return "a client's connection, which may be over in a minute"
        if not self.pid:
            return "a process of another user"
        if self.stack:
            return f"the stack in {self.stack} (pid {self.pid})"
        return f"pid {self.pid}: {self.command}"


def is_free(port: int) -> bool:
    """Say whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as attempt:
        # As servers do, so that connections that linger after a stop do not count.
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def answers(port: int, seconds: float = 0.5) -> bool:
    """Say whether something accepts connections on this loopback port."""
    with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, port), seconds):
        return True
    return False


def holder(port: int) -> Holder:
    """Find the process that listens on `port`, or else whether a client's connection has it."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return Holder(port)
    there = [one for one in connections if one.laddr and one.laddr.port == port]
    listening = [one for one in there if one.status == psutil.CONN_LISTEN]
    for connection in listening:
        if connection.pid:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                process = psutil.Process(connection.pid)
                command = " ".join(process.cmdline()) or process.name()
                return Holder(port, process.pid, command[:_LONGEST_COMMAND], stack_of(process))
    return Holder(port, is_client=bool(there) and not listening)
