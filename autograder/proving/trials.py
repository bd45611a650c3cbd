"""Grade every variant of a lab, side by side, in processes of their own."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from autograder.checks import Margin, shelf
from autograder.contract.lab import Lab, load_lab
from autograder.execution import Confinement
from autograder.execution.claims import claimed_folder
from autograder.execution.kernel import KernelLauncher
from autograder.execution.warm.launcher import kernels_for
from autograder.grading.grader import grade_notebook
from autograder.grading.workers import READIED, worker_pool
from autograder.needs.surroundings import Surroundings, surroundings
from autograder.proving.variants import Variant, build_notebook_of
from autograder.scoring import Scorecard


@dataclass(frozen=True)
class Trial:
    """Pair a variant with what grading it gave, or with what kept it from being graded."""

    variant: Variant
    card: Scorecard | None
    margins: dict[str, tuple[Margin, ...]] = field(default_factory=dict)
    problem: str = ""

    def lost(self) -> frozenset[str]:
        """Return the ids of the checks that did not pass."""
        if self.card is None:
            return frozenset()
        return frozenset(c.id for c in self.card.checks().values() if c.verdict != "passed")


def run_trials(
    lab: Lab,
    variants: Sequence[Variant],
    *,
    confinement: Confinement,
    workers: int | None = None,
    done: Callable[[Trial], None] = lambda _: None,
) -> list[Trial]:
    """Grade `variants` and return their trials in the same order; call `done` as each ends."""
    trials: dict[Variant, Trial] = {}
    preload = lab.manifest.preload
    size = min(workers or os.cpu_count() or 1, len(variants))
    with (
        surroundings(
            lab.manifest.needs, lab.path.parents[1], brokers=lab.manifest.stack.brokers
        ) as around,
        kernels_for(preload, confinement, ports=around.ports) as launcher,
        claimed_folder() as folder,
        worker_pool(size, [__name__, READIED, *preload]) as pool,
    ):
        futures: dict[Future[Trial], Variant] = {
            pool.schedule(_grade, args=[lab.path, v, confinement, launcher, folder, around]): v
            for v in variants
        }
        for future in as_completed(futures):
            variant = futures[future]
            try:
                trial = future.result()
            except Exception as error:
                trial = Trial(variant, None, problem=f"{type(error).__name__}: {error}")
            trials[variant] = trial
            done(trial)
    return [trials[variant] for variant in variants]


def _grade(
    lab_path: Path,
    variant: Variant,
    confinement: Confinement,
    launcher: KernelLauncher,
    folder: Path,
    around: Surroundings,
) -> Trial:
    lab = load_lab(lab_path)
    with shelf(folder):
        grading = grade_notebook(
            lab,
            build_notebook_of(lab, variant),
            student=variant.label,
            confinement=confinement,
            launcher=launcher,
            around=around,
        )
    return Trial(variant, grading.card, grading.margins)
