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
    """Describe who listens on a port; pid 0 when the system does not say."""

    port: int
    pid: int = 0
    command: str = ""
    stack: str = ""

    def __str__(self) -> str:
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
    """Find the process that listens on `port`."""
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return Holder(port)
    for connection in connections:
        listens = connection.status == psutil.CONN_LISTEN
        if listens and connection.laddr and connection.laddr.port == port and connection.pid:
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                process = psutil.Process(connection.pid)
                command = " ".join(process.cmdline()) or process.name()
                return Holder(port, process.pid, command[:_LONGEST_COMMAND], stack_of(process))
    return Holder(port)
