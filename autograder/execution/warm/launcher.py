"""Start a zygote for a lab, and launch runs from it."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager

from autograder.contract.manifest import Limits
from autograder.execution.claims import claimed_folder, remove_unclaimed
from autograder.execution.confinement import Confinement
from autograder.execution.environment import (
    Scratch,
    copy_font_list,
    fixed_environment,
    warm_font_list,
)
from autograder.execution.kernel import (
    KernelLauncher,
    launch_plain_kernel,
    start_manager,
    start_settings,
)

_READY_SECONDS = 120
_ZYGOTE = "from autograder.execution.warm.zygote import main; main()"
PROVISIONER = "lab-warm"


@dataclass(frozen=True)
class WarmLauncher:
    """Launch kernels by forking the zygote that listens at `address`; picklable.

    Runs have their scratch folders below `folder`, which the zygote sees. Of the machine's network
    they may be let reach the loopback `ports`. `missing` names what could not be imported ahead.
    """

    address: Path
    folder: Path
    ports: tuple[int, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def alive(self) -> bool:
        """Tell whether the zygote still listens."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as trial:
            return trial.connect_ex(str(self.address)) == 0

    def __call__(
        self,
        scratch: Scratch,
        limits: Limits,
        confinement: Confinement,
        *,
        ports: Sequence[int],
        variables: Mapping[str, str],
    ) -> AsyncKernelManager:
        """Fork a kernel; a run that may reach more than the zygote gets an ordinary one.

        So does a run when the zygote is gone. Raise FewerLayersError where the ordinary one would
        have fewer layers and the confinement is strict.
        """
        if not set(ports) <= set(self.ports):
            return launch_plain_kernel(
                scratch, limits, confinement, ports=ports, variables=variables
            )
        user = confinement.run_id()
        request = {
            "scratch": str(scratch.root),
            "runs": str(self.folder),
            "ports": list(ports),
            "settings": start_settings(limits, confinement, user, scratch.cwd),
            "arguments": ["-f", str(scratch.connection_file), "--HistoryManager.enabled=False"],
        }
        config = {"address": str(self.address), "request": request}
        stanza = {"kernel_provisioner": {"provisioner_name": PROVISIONER, "config": config}}
        try:
            return start_manager(
                scratch,
                argv=("warm", "-f", "{connection_file}"),
                user=user,
                variables=variables,
                metadata=stanza,
            )
        except (OSError, RuntimeError):
            # Whatever ended the zygote, this run need not suffer from it.
            return launch_plain_kernel(
                scratch, limits, confinement, ports=ports, variables=variables
            )


@contextmanager
def kernels_for(
    preload: Sequence[str], confinement: Confinement, *, ports: Sequence[int] = ()
) -> Iterator[KernelLauncher]:
    """Give warm kernels where the system lets them be walled in, else ordinary ones.

    A warm one can be let reach the loopback `ports` alone; an ordinary one has the machine's
    network then, and is refused where the confinement is strict. What earlier runs left behind
    because they were killed is removed.
    """
    remove_unclaimed()
    if confinement.bubblewrap is None:
        yield launch_plain_kernel
        return
    with warm_kernels(preload, confinement, ports=ports) as launcher:
        yield launcher or launch_plain_kernel


@contextmanager
def warm_kernels(
    preload: Sequence[str], confinement: Confinement, *, ports: Sequence[int] = ()
) -> Iterator[WarmLauncher | None]:
    """Keep a zygote that has imported `preload` alive for the body; None where it cannot fork.

    A module that starts threads on import makes forking unsafe, and a system that does not let a
    forked run be walled in makes it unsound: then there is none. Why, and what of `preload` could
    not be imported, is said on the error stream.
    """
    warm_font_list()
    with claimed_folder() as folder:
        runs = folder / "runs"
        runs.mkdir(mode=0o755)
        folder.chmod(0o755)
        names = (f"learner:x:{user}:{user}::/:/bin/sh\n" for user in confinement.run_ids())
        (folder / "passwd").write_text("".join(names))
        copy_font_list(folder)
        address = folder / "zygote"
        process: subprocess.Popen[bytes] | None = None
        try:
            process, ready = _start(address, folder, preload, confinement, network=bool(ports))
            launcher = WarmLauncher(address, runs, tuple(ports), tuple(ready.get("missing", ())))
            why_not = _why_not(ready, launcher, confinement)
            if why_not:
                _say(f"Kernels are ordinary ones, which start more slowly, since {why_not}.")
            elif launcher.missing:
                _say(f"Could not be imported ahead of the runs: {', '.join(launcher.missing)}.")
            yield None if why_not else launcher
        finally:
            if process is not None:
                process.kill()
                process.wait()


def _start(
    address: Path,
    folder: Path,
    preload: Sequence[str],
    confinement: Confinement,
    *,
    network: bool,
) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
    """Start the zygote and wait until it has imported everything; return what it says of that."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(address))
    address.chmod(0o600)
    listener.listen(64)
    reader, writer = os.pipe()
    argv = [sys.executable, "-c", _ZYGOTE, str(listener.fileno()), json.dumps(list(preload))]
    argv = confinement.wrap_zygote([*argv, str(writer)], folder=folder, network=network)
    environment = {
        **fixed_environment(),
        "HOME": str(folder),
        "MPLCONFIGDIR": str(folder),
        # Read when Matplotlib is imported; an ordinary kernel sets it before.
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    process = subprocess.Popen(
        argv,
        env=environment,
        pass_fds=(listener.fileno(), writer),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(writer)
    listener.close()
    with os.fdopen(reader, "rb") as answer:
        text = answer.read()
    return process, json.loads(text) if text else {}


def _why_not(ready: Mapping[str, Any], launcher: WarmLauncher, confinement: Confinement) -> str:
    """Return why the zygote cannot fork, or nothing."""
    if "threads" not in ready:
        return "the process that was to fork them did not come up"
    if ready["threads"] != 1:
        return "a package that is imported ahead starts threads as it is imported"
    if not _works(launcher, confinement):
        return "a forked one does not come up behind its walls here"
    return ""


def _say(text: str) -> None:
    print(f"Warning: {text}", file=sys.stderr)


def _works(launcher: WarmLauncher, confinement: Confinement) -> bool:
    """Try one fork: does a kernel come up behind its walls?"""
    from autograder.execution.environment import scratch_folder
    from autograder.execution.kernel import end_kernel

    with scratch_folder({}, owner=confinement.run_id(), parent=launcher.folder) as scratch:
        manager = launcher(
            scratch, Limits(seconds=10, cell_seconds=10), confinement, ports=(), variables={}
        )
        client = manager.blocking_client()
        try:
            client.start_channels()
            client.wait_for_ready(timeout=10)
            return True
        except RuntimeError:
            return False
        finally:
            client.stop_channels()
            end_kernel(manager)
