"""A Jupyter kernel provisioner whose kernels are forked by a zygote."""

import json
import os
import signal
import socket
import time
from contextlib import suppress
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner
from traitlets import Dict, Unicode

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
    """Ask a zygote for the kernel; everything else is as jupyter_client does it."""

    address = Unicode(help="Path of the zygote's socket.").tag(config=True)
    request = Dict(help="What the zygote is asked for, save the environment.").tag(config=True)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork the kernel; `cmd` counts for nothing, the request holds its arguments."""
        request = {**self.request, "environment": kwargs["env"]}
        run = ForkedRun(self.address, request)
        self.process = run  # type: ignore[assignment]  # it stands for a Popen
        self.pid = run.pid
        self.pgid = None
        return self.connection_info
