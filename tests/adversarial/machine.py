"""What must be as it was once hostile submissions have been graded."""

import ctypes
import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

MARK = "was-here"
_ADOPT_ORPHANS = 36
# Where something could be left for everybody; grading itself writes below its own folders alone.
_COMMON = ("/tmp", "/var/tmp", "/dev/shm", "/dev", "/run", "/etc", "/etc/cron.d", "/", "/root")


@dataclass
class Listener:
    """Count who calls, by TCP and by Unix sockets with a name and without a file."""

    port: int
    heard: list[bytes] = field(default_factory=list)


@contextmanager
def listening(folder: Path) -> Iterator[Listener]:
    """Listen on the machine's own loopback, in `folder` and under an abstract name."""
    tcp = socket.create_server(("127.0.0.1", 0))
    listener = Listener(tcp.getsockname()[1])
    sockets = [tcp]
    for name in (str(folder / "listener"), f"\0lab-listener-{listener.port}"):
        unix = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        unix.bind(name)
        unix.listen()
        sockets.append(unix)
    (folder / "listener").chmod(0o777)
    for one in sockets:
        threading.Thread(target=_hear, args=(one, listener), daemon=True).start()
    try:
        yield listener
    finally:
        for one in sockets:
            one.close()
        (folder / "listener").unlink()


def _hear(server: socket.socket, listener: Listener) -> None:
    with suppress(OSError):
        while True:
            caller, _ = server.accept()
            listener.heard.append(caller.recv(100))
            caller.close()


@contextmanager
def victim() -> Iterator["subprocess.Popen[bytes]"]:
    """Keep a process of the grader's own user alive, for whoever kills all they can."""
    process = subprocess.Popen(["sleep", "3600"])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def adopt_orphans() -> None:
    """Make this process the parent of whatever its descendants leave behind."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_ADOPT_ORPHANS, 1, 0, 0, 0)


def left_running(before: set[int], grace_seconds: float = 5.0) -> list[str]:
    """Return the command lines of this process's new descendants, and end them.

    What was killed a moment ago takes a moment to be gone.
    """
    until = time.monotonic() + grace_seconds
    while (left := _living(before)) and time.monotonic() < until:
        time.sleep(0.1)
    told = []
    for process in left:
        with suppress(psutil.Error):
            told.append(f"{process.status()} {' '.join(process.cmdline())[:200]}")
            process.send_signal(signal.SIGKILL)
    return told


def _living(before: set[int]) -> list[psutil.Process]:
    living = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if process.pid in before:
                continue
            if process.status() != psutil.STATUS_ZOMBIE:
                living.append(process)
                continue
            with suppress(ChildProcessError):
                os.waitpid(process.pid, os.WNOHANG)
    return living


def descendants() -> set[int]:
    """Return the ids of the processes below this one."""
    return {process.pid for process in psutil.Process().children(recursive=True)}


def tree_digest(*folders: Path) -> dict[str, str]:
    """Map what lies below `folders` to its kind, rights and content."""
    found = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            status = path.lstat()
            content = ""
            if path.is_symlink():
                content = str(path.readlink())
            elif path.is_file() and status.st_size < 50 << 20:
                content = hashlib.sha256(path.read_bytes()).hexdigest()
            found[str(path)] = f"{oct(status.st_mode)} {status.st_size} {content}"
    return found


def marks_left(*folders: Path) -> list[str]:
    """Return the paths that bear the attacks' mark, in common places and below `folders`."""
    found = []
    for place in _COMMON:
        with suppress(OSError):
            found += [str(path) for path in Path(place).iterdir() if MARK in path.name]
    for folder in folders:
        found += [str(path) for path in folder.rglob(f"*{MARK}*")]
    return found
