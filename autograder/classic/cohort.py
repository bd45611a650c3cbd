"""Grade the submissions to a plain nbgrader assignment side by side; what is graded stays."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from autograder.classic.assignment import PlainAssignment, Plan, plain_files
from autograder.classic.decoys import Decoy, decoys_of
from autograder.classic.grading import failing_decoys
from autograder.classic.preload import preload_of
from autograder.classic.worker import PlainJob, crashed, grade_plain_job
from autograder.errors import CourseError
from autograder.execution import Confinement
from autograder.execution.claims import remove_unclaimed
from autograder.execution.warm.launcher import kernels_for
from autograder.grading.cohort import Graded
from autograder.grading.crew import Finished, crew, each_done
from autograder.grading.intake import Submission
from autograder.grading.keeping import kept_card
from autograder.grading.layout import OutputLayout
from autograder.grading.workers import READIED
from autograder.scoring import Scorecard, read_scorecard, write_scorecard

_START_UP_SECONDS = 60

Decoys = dict[str, dict[str, tuple[Decoy, ...]]]


def grade_plain_cohort(
    assignment: PlainAssignment,
    submissions: Sequence[Submission],
    output: Path,
    *,
    confinement: Confinement,
    workers: int | None = None,
    decoys: Decoys | None = None,
    started: Callable[[Submission], None] = lambda _: None,
) -> Iterator[Graded]:
    """Grade `submissions` and yield each as it is done, kept ones first.

    A worker that dies or hangs costs its own submission, which gets a scorecard that says so.
    """
    layout, plan = OutputLayout(output), assignment.plan(decoys)
    digest = plan_digest(plan)
    jobs = []
    for submission in submissions:
        fingerprint = _digest_of(submission.folder, digest)
        kept = kept_card(layout, submission, fingerprint, confinement)
        if kept is not None:
            yield Graded(submission, kept, fresh=False)
        else:
            jobs.append(PlainJob(submission, plan, output, confinement, fingerprint))
    if not jobs:
        return
    try:
        with (
            crew(grade_plain_job, preload=[READIED], seconds=_deadline(plan)) as hands,
            kernels_for(preload_of(assignment), confinement) as launcher,
        ):

            def begin(job: PlainJob) -> None:
                hands.begin(replace(job, launcher=launcher))
                started(job.submission)

            places = workers or os.cpu_count() or 1
            try:
                for done in each_done(jobs, begin, hands.finished, lambda: places):
                    yield Graded(done.job.submission, _collect(done, layout), fresh=True)
            finally:
                # Before its kernels end: a worker would write that a submission crashed.
                hands.close()
    finally:
        remove_unclaimed()


def calibrated_decoys(assignment: PlainAssignment, confinement: Confinement) -> Decoys:
    """Make decoys for every notebook, each tried on the instructor's own answers.

    Where those are not there the decoys stand as they are made: from equalities with literals.
    """
    made: Decoys = {}
    for name, master in assignment.masters.items():
        found = decoys_of(master)
        if found and name in assignment.solutions:
            found = failing_decoys(
                assignment.solutions[name],
                found,
                files=assignment.files,
                limits=assignment.limits,
                confinement=confinement,
            )
        made[name] = found
    return made


def plan_digest(plan: Plan) -> str:
    """Hash what a grade depends on besides the submission: tests, files, limits and decoys."""
    digest = hashlib.sha256(version("mlops-course-lab").encode())
    lines = {name: [d.source for d in s] for n in plan.decoys.values() for name, s in n.items()}
    for part in (plan.masters, lines, plan.limits.model_dump()):
        digest.update(json.dumps(part, sort_keys=True, default=str).encode())
    _add_files(digest, plan.files)
    return digest.hexdigest()


def _digest_of(folder: Path, plan: str) -> str:
    digest = hashlib.sha256(plan.encode())
    try:
        # Of the hidden files only nbgrader's own stamp counts; notebooks count as they are.
        _add_files(digest, plain_files(folder, (".*", "__pycache__")))
    except (OSError, CourseError) as error:
        digest.update(str(error).encode())
    return digest.hexdigest()


def _add_files(digest: Any, files: Mapping[str, Path]) -> None:
    for name, path in sorted(files.items()):
        with path.open("rb") as file:
            digest.update(name.encode() + b"\0" + hashlib.file_digest(file, "sha256").digest())


def _deadline(plan: Plan) -> float:
    runs = len(plan.masters) + sum(bool(found) for found in plan.decoys.values())
    return _START_UP_SECONDS + runs * plan.limits.seconds


def _collect(done: Finished[PlainJob], layout: OutputLayout) -> Scorecard:
    job = done.job
    path = layout.scorecard(job.submission.student, job.submission.lab)
    if not done.problem:
        return read_scorecard(path)
    card = crashed(job.plan, job.submission.student, done.problem)
    card = card.model_copy(update={"fingerprint": job.fingerprint})
    write_scorecard(card, path)
    return card
