"""The calls of Linux that draw walls and that Python's standard library lacks."""

import ctypes
import os
import signal
import struct

LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP = 1, 24
_CAPABILITY_VERSION_3 = 0x20080522
_HIGHEST_CAPABILITY = 40


def drop_capabilities() -> None:
    """Give up every capability, for a process whose user id cannot change."""
    for capability in range(_HIGHEST_CAPABILITY + 1):
        LIBC.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    header = struct.pack("Ii", _CAPABILITY_VERSION_3, 0)
    check(LIBC.capset(header, struct.pack("6I", *[0] * 6)), "capset")


def die_with_parent() -> None:
    """Have the kernel kill this process when the one that forked it ends."""
    LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def unshare(namespaces: int) -> None:
    """Leave the given namespaces for new ones; raise OSError where that is refused."""
    check(LIBC.unshare(namespaces), "unshare")


def mount(source: str | None, target: str, kind: str | None, flags: int, data: str = "") -> None:
    """Mount as `mount(2)` does; raise OSError where that is refused."""
    done = LIBC.mount(
        source.encode() if source else None,
        target.encode(),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        data.encode() if data else None,
    )
    check(done, f"mount {target}")


def check(result: int, what: str) -> None:
    """Raise OSError when a call returned something other than zero."""
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
