"""Fork the kernel that jupyter_client wants started, or say why it is to be an ordinary one."""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import Timeout

from autograder.execution.unwalled.joining import NotWarmError, Wanted, join
from autograder.execution.unwalled.kernel import OwnKernel, RefusedError
from autograder.execution.unwalled.surroundings import key_of, private_folder

IDLE_SECONDS = 600
_LAUNCHER = "ipykernel_launcher"
_UNDERSTOOD = frozenset(
    ("cwd", "env", "extra_arguments", "independent", "kernel_id", "stderr", "stdin", "stdout")
)
_TRY_AGAIN_SECONDS = 600
# One zygote may end between our connecting and our asking; the next is new.
_TRIES = 3


@dataclass(frozen=True)
class Launch:
    """Hold what jupyter_client gives a provisioner: the command and `Popen`'s keywords."""

    command: Sequence[str]
    preload: tuple[str, ...]
    idle_seconds: float
    options: Mapping[str, Any]

    @property
    def environment(self) -> dict[str, str]:
        return dict(self.options.get("env") or os.environ)

    @property
    def cwd(self) -> Path:
        return Path(self.options.get("cwd") or Path.cwd()).absolute()


def command_without_history(command: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """Return `command` with inputs kept in memory, unless for a person's session in a server.

    nbclient asks for that too, yet only of kernels by the name of python3.
    """
    person = "JPY_SESSION_NAME" in environment
    decided = any(argument.startswith("--HistoryManager.") for argument in command)
    if person or decided or _LAUNCHER not in command:
        return list(command)
    return [*command, "--HistoryManager.hist_file=:memory:"]


def fork_kernel(launch: Launch) -> OwnKernel | None:
    """Return a forked kernel, or None where it must be an ordinary one; that is said once."""
    if not _understood(launch):
        return None
    if not sys.platform.startswith("linux") or not hasattr(os, "pidfd_open"):
        _say_ordinary(None, "forking is safe on Linux only")
        return None
    marker = None
    try:
        folder = private_folder()
        name = key_of(launch.command[0], launch.preload, launch.environment)
        marker = folder / f"{name}.ordinary"
        if _fresh(marker):
            return None
        return _forked(launch, folder)
    except NotWarmError as reason:
        _say_ordinary(marker, str(reason))
    except (OSError, Timeout) as error:
        _say_ordinary(marker, f"{type(error).__name__}: {error}")
    return None


def _forked(launch: Launch, folder: Path) -> OwnKernel:
    wanted = Wanted(launch.command[0], launch.preload, launch.environment, launch.idle_seconds)
    environment, options = launch.environment, launch.options
    independent = bool(options.get("independent"))
    if not independent:
        environment["JPY_PARENT_PID"] = str(os.getpid())
    request = {
        "arguments": list(launch.command[launch.command.index(_LAUNCHER) + 1 :]),
        "environment": environment,
        "cwd": str(launch.cwd),
        "independent": independent,
    }
    streams = [options.get(name) for name in ("stdin", "stdout", "stderr")]
    reason = ""
    for _ in range(_TRIES):
        try:
            return OwnKernel(join(wanted, folder), request, streams)
        except (RefusedError, ConnectionError) as refused:
            reason = str(refused)
    raise NotWarmError(f"the process that forks kernels refused: {reason}")


def _understood(launch: Launch) -> bool:
    """Tell whether nothing is asked for that only a new process can have."""
    others = {name for name, value in launch.options.items() if value is not None} - _UNDERSTOOD
    return _LAUNCHER in launch.command and not others and launch.cwd.is_dir()


def _fresh(marker: Path) -> bool:
    try:
        return time.time() - marker.stat().st_mtime < _TRY_AGAIN_SECONDS
    except OSError:
        return False


def _say_ordinary(marker: Path | None, reason: str) -> None:
    """Say why kernels are ordinary ones, and remember that it was said."""
    if marker is None or not _fresh(marker):
        print(f"lab-warm: an ordinary kernel is started, since {reason}.", file=sys.stderr)
    if marker is not None:
        try:
            marker.touch(mode=0o600)
        except OSError:
            return
