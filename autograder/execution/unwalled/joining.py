"""Find the zygote that forks kernels for this user and these packages, or start it."""

import json
import os
import socket
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from autograder.execution.unwalled.surroundings import key_of, lasting, private_folder

_START_SECONDS = 120
_ZYGOTE = "from autograder.execution.unwalled.zygote import main; main()"
# Threads do not survive a fork; each kernel takes up its own number of them again.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
# Read when Matplotlib is imported; an ordinary kernel sets it before.
_INLINE = "module://matplotlib_inline.backend_inline"


class NotWarmError(Exception):
    """Tell why no kernel can be forked; the ordinary one is to be started instead."""


@dataclass(frozen=True)
class Wanted:
    """Name a zygote: its interpreter, what it has imported, and when it is idle for too long."""

    python: str
    preload: tuple[str, ...]
    environment: Mapping[str, str]
    idle_seconds: float


def join(wanted: Wanted, folder: Path | None = None) -> socket.socket:
    """Return a connection to the zygote, started if need be; raise NotWarmError or OSError."""
    folder = folder or private_folder()
    key = key_of(wanted.python, wanted.preload, wanted.environment)
    address = folder / f"{key}.zygote"
    if (connection := _connected(address)) is not None:
        return connection
    with FileLock(folder / f"{key}.lock", timeout=_START_SECONDS):
        if (connection := _connected(address)) is not None:
            return connection
        _start(wanted, address)
    connection = _connected(address)
    if connection is None:
        raise NotWarmError("the process that forks kernels ended at once")
    return connection


def _connected(address: Path) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if connection.connect_ex(str(address)) == 0:
        return connection
    connection.close()
    return None


def _start(wanted: Wanted, address: Path) -> None:
    """Start the zygote and wait until it has imported everything; raise NotWarmError."""
    address.unlink(missing_ok=True)
    reader, writer = os.pipe()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(str(address))
        address.chmod(0o600)
        listener.listen(64)
        settings = {
            "listener": listener.fileno(),
            "ready": writer,
            "address": str(address),
            "preload": wanted.preload,
            "idle_seconds": wanted.idle_seconds,
        }
        try:
            starter = subprocess.Popen(
                [wanted.python, "-c", _ZYGOTE, json.dumps(settings)],
                env={"MPLBACKEND": _INLINE, **lasting(wanted.environment), **_ONE_THREAD},
                cwd="/",
                pass_fds=(listener.fileno(), writer),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        finally:
            os.close(writer)
    # It leaves the zygote behind, which is nobody's child.
    starter.wait()
    with os.fdopen(reader, "rb") as answer:
        text = answer.read()
    if text and json.loads(text)["threads"] == 1:
        return
    with suppress(FileNotFoundError):
        address.unlink()
    if text:
        raise NotWarmError("a package that is to be preloaded starts threads as it is imported")
    raise NotWarmError("the process that forks kernels did not come up")
