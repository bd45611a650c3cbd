"""A Jupyter kernel provisioner whose kernels are forked by a zygote."""

import asyncio
import json
import os
import signal
import socket
import time
from contextlib import suppress
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Dict, Float, List, Unicode

from autograder.execution.unwalled.launching import (
    IDLE_SECONDS,
    Launch,
    command_without_history,
    fork_kernel,
)
from autograder.execution.warm.zygote import MOST_BYTES

_ANSWER_SECONDS = 30


class ForkedRun:
    """Stand for a forked run as `subprocess.Popen` stands for a started one."""

    stdin = stdout = stderr = None

    def __init__(self, address: str, request: dict[str, Any]) -> None:
        self._connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._connection.settimeout(_ANSWER_SECONDS)
        self._connection.connect(address)
        self._connection.send(json.dumps(request).encode())
        answer = self._connection.recv(MOST_BYTES)
        if not answer:
            raise RuntimeError("the zygote is gone")
        self.pid: int = json.loads(answer)["pid"]
        self.returncode: int | None = None
        self._connection.setblocking(False)

    def poll(self) -> int | None:
        """Return the exit code, or None while the run lasts."""
        if self.returncode is None:
            with suppress(BlockingIOError):
                self._read()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end of the run and return its exit code; raise TimeoutError."""
        until = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if until is not None and time.monotonic() > until:
                raise TimeoutError(f"the run {self.pid} did not end")
            time.sleep(0.005)
        return int(self.returncode or 0)

    def send_signal(self, number: int) -> None:
        """Send a signal to the outermost process of the run."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End the run and every process in it."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """End the run; a kernel that is forked has nothing to tidy up."""
        self.kill()

    def _read(self) -> None:
        try:
            answer = self._connection.recv(MOST_BYTES)
            self.returncode = json.loads(answer)["exit"] if answer else -signal.SIGKILL
        except BlockingIOError:
            raise
        except (OSError, ValueError):
            self.returncode = -signal.SIGKILL
        self._connection.close()


class WarmProvisioner(LocalProvisioner):
    """Have the kernel forked: behind walls for the grader, without any for a user's own notebooks.

    The grader names a zygote of its own and a request for it; a kernelspec names neither. What
    names a request is walled and never falls back to the other way.
    """

    address = Unicode(help="Path of the grader's zygote's socket.").tag(config=True)
    request = Dict(help="What that zygote is asked for, save the environment.").tag(config=True)
    preload = List(Unicode(), help="What a user's own kernels have imported.").tag(config=True)
    idle_seconds = Float(IDLE_SECONDS, help="When a zygote without kernels ends.").tag(config=True)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel; where a user's own cannot be forked, start the ordinary one, `cmd`."""
        if self.address or self.request:
            return self._launch_walled(kwargs["env"])
        cmd = command_without_history(cmd, kwargs.get("env") or os.environ)
        launch = Launch(cmd, tuple(self.preload), self.idle_seconds, kwargs)
        # The first one waits for imports, which must not keep a server from answering.
        kernel = await asyncio.to_thread(fork_kernel, launch)
        if kernel is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process = kernel  # type: ignore[assignment]  # it stands for a Popen
        self.pid = self.pgid = kernel.pid
        self.cwd = launch.cwd
        return self.connection_info

    def _launch_walled(self, environment: dict[str, str]) -> KernelConnectionInfo:
        request = {**self.request, "environment": environment}
        run = ForkedRun(self.address, request)
        self.process = run  # type: ignore[assignment]  # it stands for a Popen
        self.pid = run.pid
        self.pgid = None
        return self.connection_info
