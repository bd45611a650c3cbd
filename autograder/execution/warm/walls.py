"""Walls around one forked run, inside those that bubblewrap drew around the zygote.

Bubblewrap gives the zygote the view that every run shares. What must differ from run to run is
done here, after the fork and before anything of the learner's is read: its own scratch folder
where all the others were, its own temporary files, processes, network and host name.
"""

import fcntl
import os
import signal
import socket
import struct
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from autograder.execution.warm import doors, libc

_NEWNS, _NEWUTS, _NEWIPC, _NEWPID, _NEWNET = 0x20000, 0x4000000, 0x8000000, 0x20000000, 0x40000000
_NOSUID, _NODEV, _NOEXEC, _BIND, _REC, _PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
_SIOCSIFFLAGS, _IFF_UP_RUNNING = 0x8914, 0x1 | 0x40


def enter(scratch: Path, runs: Path, *, ports: Sequence[int] = (), user: int | None = None) -> None:
    """Move this process behind walls of its own and return in a new process that is alone there.

    The caller's process stays outside as the one that is waited for: it ends with the status of
    the process that returns. `scratch` must lie below `runs`; of the folder that holds `runs`
    nothing else shows any more.
    Needs CAP_SYS_ADMIN and CAP_NET_ADMIN, raises OSError without them.
    """
    relay = doors.start_relay(ports, user) if ports else None
    libc.unshare(_NEWNS | _NEWIPC | _NEWPID | _NEWNET | _NEWUTS)
    libc.mount(None, "/", None, _REC | _PRIVATE)
    own = os.open(scratch, os.O_PATH | os.O_DIRECTORY)
    if not _needs_shared_tmp():
        libc.mount("tmpfs", "/tmp", "tmpfs", _NOSUID | _NODEV, "size=64m,mode=1777")
    libc.mount("tmpfs", "/dev/shm", "tmpfs", _NOSUID | _NODEV, "size=256m,mode=1777")
    # With the other runs' folders goes the zygote's own, where its socket lies.
    if runs.exists():
        libc.mount("tmpfs", str(runs.parent), "tmpfs", _NOSUID | _NODEV, "size=64k,mode=0755")
    _make_visible(scratch)
    libc.mount(f"/proc/self/fd/{own}", str(scratch), None, _BIND)
    os.close(own)
    _raise_loopback()
    if relay is not None:
        doors.open_doors(relay, ports)
    _fork_and_wait()
    libc.die_with_parent()
    libc.mount("proc", "/proc", "proc", _NOSUID | _NODEV | _NOEXEC)
    # The first process of a namespace gets no default signals, so it only waits for the second.
    _fork_and_wait()


def _fork_and_wait() -> None:
    """Fork; the child returns, the parent waits for it and ends as it ended."""
    child = os.fork()
    if child == 0:
        return
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    libc.die_with_parent()
    while True:
        with suppress(InterruptedError):
            pid, status = os.wait()
            if pid == child:
                code = os.waitstatus_to_exitcode(status)
                os._exit(code if code >= 0 else 128 - code)


def _needs_shared_tmp() -> bool:
    """Tell whether what every run reads lies in /tmp, which then stays as it is, read-only."""
    return any(
        Path(path).is_relative_to("/tmp") for path in (sys.prefix, sys.base_prefix, __file__)
    )


def _make_visible(folder: Path) -> None:
    """Make `folder` and its parents, which every user may pass through."""
    for path in (*reversed(folder.parents), folder):
        if not path.exists():
            path.mkdir()
            path.chmod(0o755)


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", _IFF_UP_RUNNING))
