"""Start and end the kernel of one run."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import psutil
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import run_sync
from traitlets import Dict, List, Unicode

from autograder.contract.manifest import Limits
from autograder.execution import start
from autograder.execution.confinement import Confinement
from autograder.execution.distrust import DistrustingSession
from autograder.execution.environment import Scratch, run_environment
from autograder.execution.syscalls import filter_program

MIB = 1 << 20
# Libraries reserve far more address space than they use; what is used is watched (watchdog.py).
# This one stops a single absurd allocation at once.
_ADDRESS_SPACE_FACTOR, _ADDRESS_SPACE_FLOOR = 4, 8 << 30
_OPEN_FILES = 1024


class KernelLauncher(Protocol):
    """Start a kernel for a run; the seam into which a faster way of starting fits."""

    def __call__(
        self,
        scratch: Scratch,
        limits: Limits,
        confinement: Confinement,
        *,
        ports: Sequence[int],
        variables: Mapping[str, str],
    ) -> AsyncKernelManager: ...


class _OneSpec(KernelSpecManager):
    """Know one kernel alone, whatever the notebook's metadata ask for."""

    argv = List(Unicode())
    metadata = Dict()

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(
            argv=list(self.argv),
            display_name="Python 3",
            language="python",
            metadata=dict(self.metadata),
            # A signal to the process group would end bubblewrap, which stands before the kernel.
            interrupt_mode="message",
        )


def launch_plain_kernel(
    scratch: Scratch,
    limits: Limits,
    confinement: Confinement,
    *,
    ports: Sequence[int],
    variables: Mapping[str, str],
) -> AsyncKernelManager:
    """Start an ordinary ipykernel inside the confinement, talking over sockets in `scratch`.

    For the sake of any `ports` it has the machine's whole network; raise FewerLayersError where
    the confinement is strict and that, or anything else, would be a layer less.
    """
    confinement.require_layers(ports, doors=False)
    user = confinement.run_id()
    settings = start_settings(limits, confinement, user, scratch.cwd)
    argv = [sys.executable, "-c", Path(start.__file__).read_text(), json.dumps(settings)]
    argv += ["-f", "{connection_file}", "--HistoryManager.enabled=False"]
    wrapped = confinement.wrap(argv, scratch=scratch.root, network=bool(ports))
    return start_manager(scratch, argv=wrapped, user=user, variables=variables)


def start_manager(
    scratch: Scratch,
    *,
    argv: Sequence[str],
    user: int | None,
    variables: Mapping[str, str],
    metadata: Mapping[str, Any] | None = None,
) -> AsyncKernelManager:
    """Start a kernel by `argv`, or by the provisioner that the spec's `metadata` name."""
    manager = AsyncKernelManager(
        kernel_spec_manager=_OneSpec(argv=list(argv), metadata=dict(metadata or {})),
        kernel_name="python3",
        transport="ipc",
        ip=str(scratch.socket_prefix),
        connection_file=str(scratch.connection_file),
        session=DistrustingSession(),
        client_class="autograder.execution.prompt.PromptKernelClient",
    )
    manager.write_connection_file()
    if user is not None:
        os.chown(scratch.connection_file, user, user)
    try:
        run_sync(manager.start_kernel)(
            cwd=str(scratch.root),
            env=run_environment(scratch, variables),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except BaseException:
        # It would remove the file whenever it is collected, perhaps from under the manager that
        # takes its place, whose kernel then listens where nobody asks.
        manager.cleanup_connection_file()
        raise
    return manager


def start_settings(
    limits: Limits, confinement: Confinement, user: int | None, cwd: Path
) -> dict[str, Any]:
    """Return what `start.begin` applies: bytes, counts and seconds."""
    space = max(_ADDRESS_SPACE_FLOOR, int(limits.memory_mb * MIB) * _ADDRESS_SPACE_FACTOR)
    return {
        "address_space": space if sys.platform.startswith("linux") else None,
        "file_size": int(limits.file_mb * MIB),
        "open_files": _OPEN_FILES,
        "cpu_seconds": int(limits.seconds * 4),
        "processes": limits.processes,
        "user": user,
        "cwd": str(cwd),
        "own_namespace": confinement.bubblewrap is not None,
        "system_calls": filter_program() if confinement.filtered else None,
    }


@contextmanager
def running_kernel(
    launcher: KernelLauncher,
    scratch: Scratch,
    limits: Limits,
    confinement: Confinement,
    *,
    ports: Sequence[int] = (),
    variables: Mapping[str, str] | None = None,
) -> Iterator[AsyncKernelManager]:
    """Keep a kernel alive for the body and leave no process of it behind."""
    manager = launcher(scratch, limits, confinement, ports=ports, variables=variables or {})
    try:
        yield manager
    finally:
        end_kernel(manager)


def end_kernel(manager: AsyncKernelManager) -> None:
    """Kill the kernel with every process it started; works on a kernel that ignores everything."""
    process = getattr(manager.provisioner, "process", None)
    if process is not None and process.poll() is None:
        for victim in (*_descendants(process.pid), process.pid):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(victim, signal.SIGKILL)
        with suppress(Exception):
            process.wait(timeout=10)
    with suppress(Exception):
        manager.cleanup_connection_file()
    with suppress(Exception):
        run_sync(manager.cleanup_resources)()


def kernel_pid(manager: AsyncKernelManager) -> int | None:
    """Return the id of the outermost process of the kernel, or None when there is none."""
    process = getattr(manager.provisioner, "process", None)
    return process.pid if process is not None else None


def is_forked(manager: AsyncKernelManager) -> bool:
    """Tell whether the kernel was forked, so that it reaches single ports instead of a network."""
    return bool(getattr(manager.provisioner, "request", None))


def _descendants(pid: int) -> list[int]:
    try:
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return []
