"""How long a learner waits for a verdict, and what the walls cost."""

import shutil
import tempfile
from pathlib import Path
from statistics import median, quantiles

from autograder.contract.lab import load_lab
from autograder.execution import detect_confinement
from autograder.execution.kernel import launch_plain_kernel
from autograder.execution.warm.launcher import kernels_for
from autograder.learning.check import check_work
from autograder.learning.places import Place
from benchmarks.grading import ROOT, TINY, run_once
from benchmarks.table import Bound, seconds

_LAB = "03_numeric_python"


def verdict_bound(*, checks: int) -> Bound:
    """Check the solution of a lab again and again, as `lab watch` does after each save."""
    lab, confinement = load_lab(ROOT / "labs" / _LAB), detect_confinement()
    waits = []
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        kernels_for(lab.manifest.preload, confinement) as launcher,
    ):
        place = Place(_LAB, Path(folder))
        for name in lab.manifest.give:
            shutil.copy(lab.path / name, folder)
        place.notebook.write_text(_text(lab.solution), encoding="utf-8")
        for _ in range(checks):
            waits.append(
                seconds(
                    lambda: check_work(lab, place, confinement=confinement, launcher=launcher)  # type: ignore[arg-type,return-value]
                )
            )
    slow = quantiles(waits, n=20)[-1]
    what = f"a verdict on `{_LAB}` after a save, 95th percentile of {checks}"
    return Bound(what, slow, "s", 1.0, f"median {median(waits):.2f} s")


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
