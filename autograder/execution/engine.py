"""The papermill engine: `papermill --engine lab in.ipynb out.ipynb` runs confined too."""

import time
from dataclasses import dataclass, field
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode
from papermill.engines import Engine

from autograder.contract.manifest import Limits
from autograder.execution.client import CellLog, LabClient
from autograder.execution.confinement import detect_confinement
from autograder.execution.environment import scratch_folder
from autograder.execution.kernel import launch_plain_kernel, running_kernel


@dataclass
class EngineRun:
    """Carry a run into papermill's engine call and its findings out again."""

    manager: AsyncKernelManager
    limits: Limits
    deadline: float
    """On the monotonic clock, in seconds."""
    log: CellLog = field(default_factory=CellLog)
    notebook: NotebookNode | None = None
    client: Any = None


class LabEngine(Engine):  # type: ignore[misc]
    """Execute with the lab's client; the kernel belongs to the caller when one is given."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: Any, kernel_name: str, run: EngineRun | None = None, **options: Any
    ) -> None:
        """Execute `nb_man.nb` in `run`'s kernel, or in a confined kernel of its own."""
        if run is not None:
            _execute(nb_man, run)
            return
        confinement = detect_confinement()
        seconds = options.get("execution_timeout") or 3600
        limits = Limits(seconds=seconds, cell_seconds=seconds)
        with (
            scratch_folder({}, owner=confinement.run_id()) as scratch,
            running_kernel(launch_plain_kernel, scratch, limits, confinement) as manager,
        ):
            own = EngineRun(manager, limits, time.monotonic() + limits.seconds)
            _execute(nb_man, own)
            own.client.kc.stop_channels()


def _execute(nb_man: Any, run: EngineRun) -> None:
    run.notebook = nb_man.nb
    run.client = LabClient(
        nb_man,
        km=run.manager,
        limits=run.limits,
        deadline=run.deadline,
        log=run.log,
    )
    run.client.execute()
