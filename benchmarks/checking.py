"""How long a learner waits for a verdict, and what the walls cost."""

import contextlib
import importlib
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median, quantiles

import nbformat
from jupyter_client.manager import AsyncKernelManager

from autograder.checks import Ruling, Run, judge
from autograder.contract.lab import Lab, load_lab
from autograder.contract.manifest import Limits
from autograder.execution import Confinement, detect_confinement
from autograder.execution.environment import Scratch
from autograder.execution.kernel import (
    KernelLauncher,
    end_kernel,
    launch_plain_kernel,
    start_manager,
)
from autograder.execution.unwalled.kernel import OwnKernel
from autograder.execution.warm.launcher import PROVISIONER, kernels_for
from autograder.execution.warm.standby import fork_ahead, kernel_ahead
from autograder.learning.check import check_work
from autograder.learning.places import Place
from autograder.probing.local import LocalProbe
from benchmarks.grading import ROOT, TINY, run_once
from benchmarks.table import Bound, seconds

_LAB = "03_numeric_python"
_TIMES_OWN, _BESIDES_SECONDS = 1.2, 0.15
_OWN_EVERY = 5
_BETWEEN_SECONDS = 0.3


def verdict_bounds(*, checks: int) -> list[Bound]:
    """Check the solution of a lab again and again, as `lab watch` does after each save.

    What `lab watch` does once a verdict is printed, forking the next kernel, is not in the figure;
    what the checks prepare at the first save is.

    The second bound is a multiple of what the notebook and the checks compute at all, measured
    between the checks in one process that has everything imported.
    """
    lab, confinement = load_lab(ROOT / "labs" / _LAB), detect_confinement()
    waits, own = [], []
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        tempfile.TemporaryDirectory(prefix="bench-") as prepared,
        kernels_for(lab.manifest.preload, confinement) as forking,
        kernel_ahead(forking, lab.manifest.limits, confinement) as launcher,
    ):
        judged = partial(
            check_work, confinement=confinement, launcher=launcher, prepared=Path(prepared)
        )
        place = Place(_LAB, Path(folder))
        for name in lab.manifest.give:
            shutil.copy(lab.path / name, folder)
        place.notebook.write_text(_text(lab.solution), encoding="utf-8")
        for number in range(checks):
            if number % _OWN_EVERY == 0:
                own.append(own_compute(lab, Path(folder)))
            waits.append(seconds(lambda: judged(lab, place)))  # type: ignore[arg-type,return-value]
            fork_ahead(launcher)
            time.sleep(_BETWEEN_SECONDS)
    slow = quantiles(waits, n=20)[-1]
    what = f"a verdict on `{_LAB}` after a save, 95th percentile of {checks}"
    limit = _TIMES_OWN * median(own) + _BESIDES_SECONDS
    told = f"the lab's own compute, {median(own):.2f} s, times {_TIMES_OWN} plus 150 ms"
    return [
        Bound(what, slow, "s", 1.0, f"median {median(waits):.2f} s"),
        Bound(what, slow, "s", limit, told),
    ]


def own_compute(lab: Lab, folder: Path) -> float:
    """Return the seconds that the solution's cells and its visible checks take by themselves."""
    answer, theirs = multiprocessing.get_context("fork").Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(
        target=_compute, args=(lab, folder, theirs)
    )
    process.start()
    spent = float(answer.recv())
    process.join()
    return spent


def _compute(lab: Lab, folder: Path, answer: Connection) -> None:
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    parameters = lab.parameter_sets()[0]
    namespace: dict[str, object] = {"__name__": "__main__"}
    cells = [cell.source for cell in lab.solution.cells if cell.cell_type == "code"]
    checks = lab.visible_checks
    for module in lab.manifest.preload:
        importlib.import_module(module)
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        begun = time.perf_counter()
        for source in cells:
            lines = [line for line in source.splitlines() if not line.startswith("%")]
            exec("\n".join(lines), namespace)
        run = Run(LocalProbe(namespace), parameters, folder=folder)
        rulings: dict[str, Ruling] = {}
        for check in checks:
            rulings[check.id] = judge(check, run, rulings)
        answer.send(time.perf_counter() - begun)


def _text(notebook: object) -> str:
    return str(nbformat.writes(notebook))


def walls_bounds(*, runs: int) -> list[Bound]:
    """Compare kernels behind walls with kernels without, ordinary ones and forked ones, in turn.

    Grading forks. Only behind walls is there a forked kernel of the grader's; what it is held
    against is forked as users' own are, which the same provisioner and client do.
    """
    inside, outside = detect_confinement(), detect_confinement(wanted=False)
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        kernels_for((), inside) as forking,
    ):
        walled, bare = (forking, inside), (open_forks(Path(folder)), outside)
        return [
            _difference(
                "a run", (launch_plain_kernel, inside), (launch_plain_kernel, outside), runs
            ),
            _difference("a run in a forked kernel", walled, bare, runs),
        ]


_Side = tuple[KernelLauncher, Confinement]


def _difference(what: str, walled: _Side, bare: _Side, runs: int) -> Bound:
    lab = load_lab(TINY / "labs" / "tiny")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])

    def spent(side: _Side) -> float:
        launcher, confinement = side
        return seconds(lambda: run_once(lab, confinement, launcher, notebook))

    for side in (walled, bare):
        spent(side)
    with_walls, without = [], []
    for _ in range(runs):
        with_walls.append(spent(walled))
        without.append(spent(bare))
    differences = [one - other for one, other in zip(with_walls, without, strict=True)]
    told = f"the same without walls, {1000 * median(without):.0f} ms"
    name = f"what the sandbox adds to {what}, median of {runs}"
    return Bound(name, 1000 * median(differences), "ms", 25, told)


def open_forks(folder: Path) -> KernelLauncher:
    """Return what forks kernels without walls; the process that they are forked from ends soon."""
    # One zygote has one environment, and so these runs share a home.
    home = dict.fromkeys(("HOME", "IPYTHONDIR", "MPLCONFIGDIR", "TMPDIR"), str(folder))
    stanza = {"provisioner_name": PROVISIONER, "config": {"preload": [], "idle_seconds": 10}}
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]

    def launch(
        scratch: Scratch,
        limits: Limits,
        confinement: Confinement,
        *,
        ports: Sequence[int],
        variables: Mapping[str, str],
    ) -> AsyncKernelManager:
        manager = start_manager(
            scratch,
            argv=[*argv, "--HistoryManager.enabled=False"],
            user=None,
            variables={**variables, **home},
            metadata={"kernel_provisioner": stanza},
        )
        if not isinstance(getattr(manager.provisioner, "process", None), OwnKernel):
            end_kernel(manager)
            raise RuntimeError("no kernel could be forked without walls, so nothing is compared")
        return manager

    return launch
