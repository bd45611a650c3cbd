"""Grade many submissions side by side; what was graded stays graded."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pebble import ProcessExpired

from autograder.contract.lab import Lab
from autograder.errors import CourseError
from autograder.execution import Confinement
from autograder.execution.warm.launcher import kernels_for
from autograder.grading.fingerprint import lab_digest, submission_digest
from autograder.grading.intake import Submission
from autograder.grading.layout import OutputLayout
from autograder.grading.worker import Job, grade_job, rejected
from autograder.grading.workers import worker_pool
from autograder.scoring import Scorecard, Status, read_scorecard, write_scorecard

_START_UP_SECONDS = 60


@dataclass(frozen=True)
class Graded:
    """Tell that one submission is done; `fresh` is False when an earlier scorecard was kept."""

    submission: Submission
    card: Scorecard
    fresh: bool


def grade_cohort(
    lab: Lab,
    submissions: Sequence[Submission],
    output: Path,
    *,
    confinement: Confinement,
    workers: int | None = None,
    again: bool = False,
    started: Callable[[Submission], None] = lambda _: None,
) -> Iterator[Graded]:
    """Grade `submissions` and yield each as it is done, kept ones first.

    Every scorecard is written before it is yielded, so whoever is interrupted goes on where it
    stopped. With `again` nothing is kept. A worker that dies or hangs costs its own submission,
    which gets a scorecard that says so.
    """
    layout = OutputLayout(output)
    lab_hash = lab_digest(lab.path)
    jobs = []
    for submission in submissions:
        fingerprint = submission_digest(submission.folder, lab_hash, lab.manifest.submit[0])
        kept = None if again else _kept(layout, submission, fingerprint)
        if kept is not None:
            yield Graded(submission, kept, fresh=False)
        else:
            jobs.append(Job(submission, lab.path, output, confinement, fingerprint))
    if jobs:
        with kernels_for(lab.manifest.preload, confinement) as launcher:
            warm = [replace(job, launcher=launcher) for job in jobs]
            yield from _grade(lab, warm, layout, workers or os.cpu_count() or 1, started)


def _kept(layout: OutputLayout, submission: Submission, fingerprint: str) -> Scorecard | None:
    """Return the earlier scorecard of the same work; one that crashed is worth another try."""
    path = layout.scorecard(submission.student, submission.lab)
    if not path.is_file():
        return None
    try:
        card = read_scorecard(path)
    except CourseError:
        return None
    same = card.fingerprint == fingerprint and card.status is not Status.CRASHED
    return card if same else None


def _grade(
    lab: Lab,
    jobs: list[Job],
    layout: OutputLayout,
    workers: int,
    started: Callable[[Submission], None],
) -> Iterator[Graded]:
    waiting = list(jobs)
    running: dict[Any, Job] = {}
    # What the checks import is imported once, and every worker begins with it.
    with worker_pool(
        min(workers, len(jobs)), [grade_job.__module__, *lab.manifest.preload]
    ) as pool:
        while waiting or running:
            while waiting and len(running) < workers:
                job = waiting.pop(0)
                started(job.submission)
                running[pool.schedule(grade_job, args=[job], timeout=_deadline(lab))] = job
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                job = running.pop(future)
                yield Graded(job.submission, _collect(future, job, lab, layout), fresh=True)


def _deadline(lab: Lab) -> float:
    """Return the seconds after which a worker is ended: all runs at their limit, and the probes."""
    limits = lab.manifest.limits
    each = limits.seconds + limits.probe_seconds * (len(lab.checks) + 2)
    return float(_START_UP_SECONDS + each * len(lab.parameter_sets()))


def _collect(future: Any, job: Job, lab: Lab, layout: OutputLayout) -> Scorecard:
    path = layout.scorecard(job.submission.student, job.submission.lab)
    try:
        future.result()
        return read_scorecard(path)
    except CourseError:
        raise
    except OSError as error:
        raise CourseError(
            f"Could not write below {layout.root}: {error.strerror or error}.",
            mend="Free space or fix the rights there, then give the same command: it goes on.",
        ) from error
    except TimeoutError:
        problem = "The grader's own process for this submission was ended: it took too long."
    except (ProcessExpired, CancelledError) as error:
        problem = f"The grader's own process for this submission died ({error})."
    except Exception as error:
        problem = f"Grading broke off: {type(error).__name__}: {error}"
    card = rejected(lab, job.submission.student, problem[:500], Status.CRASHED)
    card = card.model_copy(update={"fingerprint": job.fingerprint})
    write_scorecard(card, path)
    return card
