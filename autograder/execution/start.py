"""The first code of a run's process: take on limits, become nobody, then be a kernel.

This file is run as text by `python -c` inside the walls, so it imports the standard library alone.
"""

import base64
import ctypes
import json
import os
import resource
import runpy
import signal
import sys
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2


def _prctl(option: int, value: int) -> None:
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


class _Program(ctypes.Structure):
    """The kernel's `sock_fprog`: how many instructions of eight bytes, and where they are."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def _filter_system_calls(program: bytes) -> None:
    """Have the kernel refuse what `program` refuses, to this process and all that come of it."""
    libc = ctypes.CDLL(None, use_errno=True)
    filled = _Program(len(program) // 8, program)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(filled), 0, 0):
        error = ctypes.get_errno()
        raise OSError(error, f"system calls cannot be filtered: {os.strerror(error)}")


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))


def begin(settings: dict[str, Any]) -> None:
    """Apply `settings` to this process: limits in bytes, counts and seconds, user id, folder."""
    os.umask(0o077)
    for name, kind in (
        ("address_space", resource.RLIMIT_AS),
        ("file_size", resource.RLIMIT_FSIZE),
        ("open_files", resource.RLIMIT_NOFILE),
        ("cpu_seconds", resource.RLIMIT_CPU),
    ):
        value = settings[name]
        if value is not None:
            _limit(kind, value)
    _limit(resource.RLIMIT_CORE, 0)
    user = settings["user"]
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    processes = settings["processes"]
    if processes is not None and (user is not None or settings["own_namespace"]):
        # Without a user of its own the limit would count everything the grader's user runs.
        _limit(resource.RLIMIT_NPROC, processes)
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    if settings["system_calls"]:
        _filter_system_calls(base64.b64decode(settings["system_calls"]))
    # Only the run's own user may enter its folder.
    os.chdir(settings["cwd"])
    os.environ.pop("PWD", None)
    if not settings["own_namespace"]:
        # Set last: changing the user id clears it.
        _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == 1:
            sys.exit(1)


def main() -> None:
    """Read the settings from the first argument and become the kernel that the others name."""
    begin(json.loads(sys.argv[1]))
    sys.argv = ["ipykernel_launcher", *sys.argv[2:]]
    runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
