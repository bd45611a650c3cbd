"""The papermill engine: for a user's notebooks with a warm kernel, for the grader's in its own.

`papermill --engine lab in.ipynb out.ipynb` does what stock papermill does, in the same folder and
with the same rights, and there is no sandbox around it. It is sooner done from the second run on:
kernels are forked from the process that the kernel `lab-warm` is forked from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbformat import NotebookNode
from papermill.engines import NBClientEngine
from traitlets import List, Unicode, default

from autograder.contract.manifest import Limits
from autograder.execution.client import CellLog, LabClient
from autograder.execution.unwalled.kernelspec import DEFAULT_PRELOAD
from autograder.execution.warm.launcher import PROVISIONER


@dataclass
class EngineRun:
    """Carry a run of the grader's into papermill's engine call and its findings out again."""

    manager: AsyncKernelManager
    limits: Limits
    deadline: float
    """On the monotonic clock, in seconds."""
    log: CellLog = field(default_factory=CellLog)
    notebook: NotebookNode | None = None
    client: Any = None


class LabEngine(NBClientEngine):  # type: ignore[misc]
    """Execute as papermill's own engine does, in a kernel that is forked where that can be."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        run: EngineRun | None = None,
        preload: Sequence[str] | None = None,
        **options: Any,
    ) -> None:
        """Execute `nb_man.nb` in the grader's `run`, or else in a kernel of the user's.

        That one has imported `preload`, or what the notebook's metadata name as `lab.preload`.
        """
        if run is not None:
            _execute(nb_man, run)
            return
        forking = _forking(_preload(nb_man.nb, preload))
        super().execute_managed_notebook(
            nb_man, kernel_name, kernel_manager_class=forking, **options
        )


class _WarmSpecs(KernelSpecManager):
    """Know the user's kernels, each with the provisioner that forks it instead of starting it.

    What cannot be forked, as a kernel of another language, the provisioner starts as ever.
    """

    preload = List(Unicode())

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        spec = super().get_kernel_spec(kernel_name)
        if "kernel_provisioner" not in spec.metadata:
            stanza = {"provisioner_name": PROVISIONER, "config": {"preload": list(self.preload)}}
            spec.metadata = {**spec.metadata, "kernel_provisioner": stanza}
        return spec


def _forking(preload: Sequence[str]) -> type[AsyncKernelManager]:
    class Forking(AsyncKernelManager):
        """Manage a kernel that papermill's client owns, and ends."""

        @default("kernel_spec_manager")
        def _warm_specs(self) -> KernelSpecManager:
            return _WarmSpecs(parent=self, preload=list(preload))

    return Forking


def _preload(notebook: NotebookNode, asked: Sequence[str] | None) -> Sequence[str]:
    """Return the modules that the caller asked for, else the notebook, else the usual ones."""
    if asked is not None:
        return asked
    told = notebook.metadata.get("lab")
    named = told.get("preload") if isinstance(told, dict) else None
    if isinstance(named, list) and all(isinstance(module, str) for module in named):
        return named
    return DEFAULT_PRELOAD


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
