"""Grade many submissions side by side; what was graded stays graded."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from autograder.contract.lab import Lab
from autograder.execution import Confinement
from autograder.execution.claims import claimed_folder, remove_unclaimed
from autograder.execution.kernel import KernelLauncher
from autograder.execution.warm.launcher import kernels_for
from autograder.grading.crew import Crew, Finished, crew, each_done
from autograder.grading.fingerprint import lab_digest, submission_digest
from autograder.grading.intake import Submission
from autograder.grading.keeping import kept_card
from autograder.grading.layout import OutputLayout
from autograder.grading.worker import Job, grade_job, rejected
from autograder.grading.workers import READIED
from autograder.needs.surroundings import Surroundings, surroundings
from autograder.scoring import Scorecard, Status, read_scorecard, write_scorecard

_START_UP_SECONDS = 60


@dataclass(frozen=True)
class Graded:
    """Tell that one submission is done; `fresh` is False when an earlier scorecard was kept."""

    submission: Submission
    card: Scorecard
    fresh: bool


class Graders(Protocol):
    """Grade jobs side by side, here or on other machines, and write what they find here."""

    @property
    def places(self) -> int:
        """Return how many jobs may run at once; this may change."""

    def begin(self, job: Job) -> None:
        """Start grading `job`."""

    def finished(self) -> list[Finished[Job]]:
        """Wait until a job has ended and return those that have; their scorecards are written."""


OpenGraders = Callable[[Lab, int], AbstractContextManager[Graders]]
"""Opens graders for a lab and a number of jobs."""


def grade_cohort(
    lab: Lab,
    submissions: Sequence[Submission],
    output: Path,
    *,
    confinement: Confinement,
    workers: int | None = None,
    again: bool = False,
    started: Callable[[Submission], None] = lambda _: None,
    graders: OpenGraders | None = None,
) -> Iterator[Graded]:
    """Grade `submissions` and yield each as it is done, kept ones first.

    Every scorecard is written before it is yielded, so whoever is interrupted goes on where it
    stopped. With `again` nothing is kept. A worker that dies or hangs costs its own submission,
    which gets a scorecard that says so. Without `graders` it is `workers` of this machine.
    """
    layout = OutputLayout(output)
    lab_hash = lab_digest(lab.path)
    jobs = []
    for submission in submissions:
        fingerprint = submission_digest(submission.folder, lab_hash, lab.manifest.submit[0])
        kept = None if again else kept_card(layout, submission, fingerprint, confinement)
        if kept is not None:
            yield Graded(submission, kept, fresh=False)
        else:
            jobs.append(Job(submission, lab.path, output, confinement, fingerprint))
    if not jobs:
        return
    here = partial(local_graders, confinement=confinement, workers=workers or os.cpu_count() or 1)
    with (graders or here)(lab, len(jobs)) as hands:

        def begin(job: Job) -> None:
            hands.begin(job)
            started(job.submission)

        for done in each_done(jobs, begin, hands.finished, lambda: hands.places):
            yield Graded(done.job.submission, _collect(done, lab, layout), fresh=True)


@dataclass(frozen=True)
class LocalGraders:
    """Grade on this machine: one process a job, kernels from one zygote."""

    places: int
    crew: Crew[Job]
    launcher: KernelLauncher
    shelf: Path
    around: Surroundings

    def begin(self, job: Job) -> None:
        ready = replace(job, launcher=self.launcher, shelf=self.shelf, around=self.around)
        self.crew.begin(ready)

    def finished(self, also: Sequence[int] = ()) -> list[Finished[Job]]:
        return self.crew.finished(also)


@contextmanager
def local_graders(
    lab: Lab, jobs: int, *, confinement: Confinement, workers: int
) -> Iterator[LocalGraders]:
    """Open up to `workers` graders on this machine; what they own ends with the body."""
    try:
        # What the checks import is imported once, and every worker begins with it.
        with (
            crew(
                grade_job, preload=[READIED, *lab.manifest.preload], seconds=_deadline(lab)
            ) as hands,
            surroundings(
                lab.manifest.needs, lab.path.parents[1], brokers=lab.manifest.stack.brokers
            ) as around,
            kernels_for(lab.manifest.preload, confinement, ports=around.ports) as launcher,
            claimed_folder() as shelf,
        ):
            try:
                yield LocalGraders(min(workers, jobs), hands, launcher, shelf, around)
            finally:
                # Before its kernels end: a worker would write that a submission crashed.
                hands.close()
    finally:
        remove_unclaimed()


def _deadline(lab: Lab) -> float:
    """Return the seconds after which a worker is ended: all runs at their limit, and the probes."""
    limits = lab.manifest.limits
    each = limits.seconds + limits.probe_seconds * (len(lab.checks) + 2)
    return float(_START_UP_SECONDS + each * len(lab.parameter_sets()))


def _collect(done: Finished[Job], lab: Lab, layout: OutputLayout) -> Scorecard:
    job = done.job
    path = layout.scorecard(job.submission.student, job.submission.lab)
    if not done.problem:
        return read_scorecard(path)
    card = rejected(lab, job.submission.student, done.problem[:500], Status.CRASHED)
    card = card.model_copy(update={"fingerprint": job.fingerprint})
    write_scorecard(card, path)
    return card
