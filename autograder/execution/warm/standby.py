"""One kernel forked ahead of the run that will use it, for whoever waits for a verdict."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from jupyter_client.manager import AsyncKernelManager

from autograder.contract.manifest import Limits
from autograder.execution.confinement import Confinement
from autograder.execution.environment import Scratch, give_files, scratch_folder
from autograder.execution.kernel import KernelLauncher, end_kernel
from autograder.execution.warm.launcher import WarmLauncher


@dataclass(frozen=True)
class _Waiting:
    """Hold a kernel that waits in its empty scratch folder; `kept` removes both."""

    scratch: Scratch
    manager: AsyncKernelManager
    kept: ExitStack

    @property
    def alive(self) -> bool:
        process = getattr(self.manager.provisioner, "process", None)
        return process is not None and process.poll() is None


class StandbyLauncher:
    """Launch as `launcher` does, or give the kernel with `limits` that `prepare` left ready.

    A run that wants anything else, ports or variables or other limits, gets a kernel of its own.
    Not to be shared by threads or sent to other processes.
    """

    def __init__(self, launcher: WarmLauncher, limits: Limits, confinement: Confinement) -> None:
        self._launcher, self._limits, self._confinement = launcher, limits, confinement
        self._waiting: _Waiting | None = None
        self._claimed: _Waiting | None = None
        self._finished = ExitStack()

    @property
    def waiting(self) -> AsyncKernelManager | None:
        """Return the kernel that is ready for the next run, if one is."""
        return None if self._waiting is None else self._waiting.manager

    @contextmanager
    def scratch(self, files: Mapping[str, Path]) -> Iterator[Scratch]:
        """Give the folders of the next run with copies of `files`.

        Those of a kernel that waited are removed when another is prepared, after the verdict.
        """
        self._claimed, self._waiting = self._waiting, None
        if self._claimed is not None and not self._claimed.alive:
            self._claimed.kept.close()
            self._claimed = None
        if self._claimed is not None:
            self._finished.push(self._claimed.kept)
            give_files(self._claimed.scratch, files, self._confinement.run_id())
            yield self._claimed.scratch
        else:
            owner = self._confinement.run_id()
            with scratch_folder(files, owner=owner, parent=self._launcher.folder) as scratch:
                yield scratch

    def __call__(
        self,
        scratch: Scratch,
        limits: Limits,
        confinement: Confinement,
        *,
        ports: Sequence[int],
        variables: Mapping[str, str],
    ) -> AsyncKernelManager:
        """Return the kernel that waits in `scratch`, or fork one there."""
        claimed, self._claimed = self._claimed, None
        if claimed is not None and claimed.scratch == scratch:
            same = (limits, confinement) == (self._limits, self._confinement)
            if same and not ports and not variables:
                return claimed.manager
            end_kernel(claimed.manager)
        return self._launcher(scratch, limits, confinement, ports=ports, variables=variables)

    def prepare(self) -> None:
        """Clear away the last run, and fork a kernel for the next, unless one waits already."""
        self._finished.close()
        if self._waiting is not None or not self._launcher.alive:
            return
        with ExitStack() as kept:
            owner = self._confinement.run_id()
            scratch = kept.enter_context(
                scratch_folder({}, owner=owner, parent=self._launcher.folder)
            )
            manager = self._launcher(
                scratch, self._limits, self._confinement, ports=(), variables={}
            )
            kept.callback(end_kernel, manager)
            self._waiting = _Waiting(scratch, manager, kept.pop_all())

    def close(self) -> None:
        """End the kernel that waits, and clear away the last run."""
        self._finished.close()
        if self._waiting is not None:
            self._waiting.kept.close()
            self._waiting = None


@contextmanager
def kernel_ahead(
    launcher: KernelLauncher, limits: Limits, confinement: Confinement
) -> Iterator[KernelLauncher]:
    """Give `launcher` with a kernel ready ahead where it forks them, else `launcher` itself.

    Call `fork_ahead` when its run is over and there is time to get ready for another.
    """
    if not isinstance(launcher, WarmLauncher):
        yield launcher
        return
    standby = StandbyLauncher(launcher, limits, confinement)
    try:
        standby.prepare()
        yield standby
    finally:
        standby.close()


def fork_ahead(launcher: KernelLauncher) -> None:
    """Have a kernel ready for the next run where `launcher` came of one that forks them."""
    if isinstance(launcher, StandbyLauncher):
        launcher.prepare()
