"""One execution of a notebook, from the first cell to the last probe."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import papermill
from jupyter_core.utils import run_sync
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError
from papermill.execute import remove_error_markers

from autograder.contract.manifest import Limits
from autograder.execution.confinement import Confinement
from autograder.execution.engine import EngineRun
from autograder.execution.environment import Scratch, scratch_folder
from autograder.execution.kernel import (
    KernelLauncher,
    is_forked,
    kernel_pid,
    launch_plain_kernel,
    running_kernel,
)
from autograder.execution.warm.standby import StandbyLauncher
from autograder.execution.watchdog import Usage, watched
from autograder.probing.client import KernelProbe


@dataclass(frozen=True)
class Execution:
    """Give what a run put out, and the probe that reaches into its kernel while it lives."""

    notebook: NotebookNode
    cells: Mapping[str, str]
    """Grade id or cell id to ok, error, timeout, kernel_died or not_run."""
    status: str
    """completed, deadline, stuck, kernel_died, memory_limit, disk_limit or output_limit."""
    seconds: float
    cwd: Path
    layers: tuple[str, ...]
    probe: KernelProbe
    usage: Usage
    variables: Mapping[str, str]

    @property
    def peak_memory_mb(self) -> float:
        """Return the highest resident memory seen so far, in MiB."""
        return round(self.usage.peak_memory_mb, 1)


@contextmanager
def executed(
    notebook: NotebookNode,
    *,
    files: Mapping[str, Path],
    parameters: Mapping[str, Any],
    limits: Limits,
    confinement: Confinement,
    ports: Sequence[int] = (),
    variables: Mapping[str, str] | None = None,
    launcher: KernelLauncher = launch_plain_kernel,
) -> Iterator[Execution]:
    """Execute `notebook` beside copies of `files` (relative name to source); keep it for probes.

    Errors of the notebook are states of its cells. The kernel and all it wrote are gone when the
    body ends. `variables` are added to the run's environment; of the machine's network it may reach
    the loopback `ports`.
    """
    with (
        _scratch(launcher, files, confinement) as scratch,
        running_kernel(
            launcher, scratch, limits, confinement, ports=ports, variables=variables
        ) as manager,
        watched(kernel_pid(manager), scratch.root, limits) as usage,
    ):
        begun = time.monotonic()
        run = EngineRun(manager, limits, begun + limits.seconds)
        # Made before the first cell runs: the learner's user can write to the connection file.
        probe = KernelProbe(
            scratch.connection_file,
            probe_seconds=limits.probe_seconds,
            deadline=run.deadline + limits.probe_seconds,
            interrupt=lambda: run_sync(manager.interrupt_kernel)(),
        )
        try:
            _execute(notebook, parameters, run, scratch.cwd)
            probe.alive = run.log.alive and not usage.broken
            yield Execution(
                notebook=run.notebook if run.notebook is not None else notebook,
                cells=dict(run.log.states),
                status=usage.broken or run.log.status,
                seconds=round(time.monotonic() - begun, 3),
                cwd=scratch.cwd,
                layers=confinement.layers_with(ports, doors=is_forked(manager)),
                probe=probe,
                usage=usage,
                variables=variables or {},
            )
        finally:
            probe.close()
            if run.client is not None and run.client.kc is not None:
                with suppress(Exception):
                    run.client.kc.stop_channels()


def _scratch(
    launcher: KernelLauncher, files: Mapping[str, Path], confinement: Confinement
) -> AbstractContextManager[Scratch]:
    if isinstance(launcher, StandbyLauncher):
        return launcher.scratch(files)
    folder = getattr(launcher, "folder", None)
    return scratch_folder(files, owner=confinement.run_id(), parent=folder)


def _execute(
    notebook: NotebookNode, parameters: Mapping[str, Any], run: EngineRun, cwd: Path
) -> None:
    # Papermill raises after the run for any error output; the cells' states say more.
    with suppress(PapermillExecutionError):
        papermill.execute_notebook(
            notebook,
            None,
            parameters=dict(parameters),
            engine_name="lab",
            kernel_name="python3",
            language="python",
            progress_bar=False,
            request_save_on_cell_execute=False,
            autosave_cell_every=0,
            run=run,
        )
    if run.notebook is not None:
        # Papermill marks errors with cells of its own; feedback shows the learner's cells alone.
        remove_error_markers(run.notebook)
