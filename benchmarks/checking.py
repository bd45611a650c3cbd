"""How long a learner waits for a verdict, and what the walls cost."""

import contextlib
import importlib
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median, quantiles

from autograder.checks import Ruling, Run, judge
from autograder.contract.lab import Lab, load_lab
from autograder.execution import detect_confinement
from autograder.execution.kernel import launch_plain_kernel
from autograder.execution.warm.launcher import kernels_for
from autograder.execution.warm.standby import kernel_ahead
from autograder.learning.check import check_work
from autograder.learning.places import Place
from autograder.probing.local import LocalProbe
from benchmarks.grading import ROOT, TINY, run_once
from benchmarks.table import Bound, seconds

_LAB = "03_numeric_python"
_TIMES_OWN, _BESIDES_SECONDS = 1.2, 0.15
_OWN_EVERY = 5


def verdict_bounds(*, checks: int) -> list[Bound]:
    """Check the solution of a lab again and again, as `lab watch` does after each save.

    The second bound is a multiple of what the notebook and the checks compute at all, measured
    between the checks in one process that has everything imported.
    """
    lab, confinement = load_lab(ROOT / "labs" / _LAB), detect_confinement()
    waits, own = [], []
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        kernels_for(lab.manifest.preload, confinement) as forking,
        kernel_ahead(forking, lab.manifest.limits, confinement) as launcher,
    ):
        place = Place(_LAB, Path(folder))
        for name in lab.manifest.give:
            shutil.copy(lab.path / name, folder)
        place.notebook.write_text(_text(lab.solution), encoding="utf-8")
        for number in range(checks):
            if number % _OWN_EVERY == 0:
                own.append(own_compute(lab, Path(folder)))
            waits.append(
                seconds(
                    lambda: check_work(lab, place, confinement=confinement, launcher=launcher)  # type: ignore[arg-type,return-value]
                )
            )
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
    import nbformat

    return str(nbformat.writes(notebook))


def walls_bound(*, runs: int) -> Bound:
    """Compare an ordinary kernel behind bubblewrap's walls with one without, in turn."""
    lab = load_lab(TINY / "labs" / "tiny")
    inside, outside = detect_confinement(), detect_confinement(wanted=False)
    differences = [
        seconds(lambda: run_once(lab, inside, launch_plain_kernel))
        - seconds(lambda: run_once(lab, outside, launch_plain_kernel))
        for _ in range(runs)
    ]
    what = f"what the sandbox adds to a run, median of {runs}"
    return Bound(what, 1000 * median(differences), "ms", 25, "the same without walls")
