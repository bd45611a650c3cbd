"""Grade one submission in a process of its own, which a hostile answer may cost and no more."""

import resource
import signal
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path

import nbformat

from autograder.checks import shelf
from autograder.contract.lab import Lab, load_lab
from autograder.errors import CourseError
from autograder.execution import Confinement
from autograder.execution.confinement import FewerLayersError
from autograder.execution.kernel import KernelLauncher, launch_plain_kernel
from autograder.grading.grader import grade_notebook
from autograder.grading.intake import Submission, take_in
from autograder.grading.layout import OutputLayout
from autograder.grading.showing import with_verdicts
from autograder.needs.surroundings import NOTHING, Surroundings
from autograder.scoring import Scorecard, Status, read_scorecard, write_scorecard
from autograder.writing import write_in_one_step

_SECONDS_TO_SHOW = 0.5
# Decoding an answer and checking it needs little; this stops a bomb, not a lab.
_WORKER_ADDRESS_SPACE = 12 << 30


@dataclass(frozen=True)
class Job:
    """Say what one worker is to grade and where its findings go."""

    submission: Submission
    lab: Path
    output: Path
    confinement: Confinement
    fingerprint: str
    launcher: KernelLauncher = launch_plain_kernel
    shelf: Path | None = None
    """Where the checks keep what they prepare for the whole cohort."""
    around: Surroundings = NOTHING
    """What the lab's needs come to."""


def grade_job(job: Job) -> None:
    """Grade `job`, write its scorecard and notebook; never raise for a learner's fault."""
    limit_this_process()
    layout = OutputLayout(job.output)
    lab = load_lab(job.lab)
    with shelf(job.shelf):
        card, notebook = grade_submission(
            lab, job.submission, job.confinement, job.launcher, job.around
        )
    student, name = job.submission.student, job.submission.lab
    executed, scorecard = layout.executed(student, name), layout.scorecard(student, name)
    # First, since a scorecard says that everything beside it is there and is of the same work.
    drop_outdated(scorecard, job.fingerprint)
    if notebook is None:
        executed.unlink(missing_ok=True)
    else:
        write_in_one_step(executed, nbformat.writes(notebook) + "\n")
    write_scorecard(card.model_copy(update={"fingerprint": job.fingerprint}), scorecard)


def drop_outdated(scorecard: Path, fingerprint: str) -> None:
    """Remove a scorecard that is not of the work with `fingerprint`, or cannot be read."""
    try:
        outdated = scorecard.is_file() and read_scorecard(scorecard).fingerprint != fingerprint
    except CourseError:
        outdated = True
    if outdated:
        scorecard.unlink()


def grade_submission(
    lab: Lab,
    submission: Submission,
    confinement: Confinement,
    launcher: KernelLauncher = launch_plain_kernel,
    around: Surroundings = NOTHING,
) -> tuple[Scorecard, nbformat.NotebookNode | None]:
    """Return the scorecard of a submission, and its executed notebook when there is one."""
    try:
        intake = take_in(submission, lab.manifest.submit[0])
    except CourseError as error:
        return rejected(lab, submission.student, str(error)), None
    try:
        grading = grade_notebook(
            lab,
            intake.notebook,
            student=submission.student,
            confinement=confinement,
            launcher=launcher,
            around=around,
        )
    except CourseError:
        raise
    except FewerLayersError as error:
        problem = f"{error} The same command tries it again."
        return rejected(lab, submission.student, problem, Status.CRASHED), None
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        problem = (
            f"Grading broke off: {type(error).__name__}: {error} "
            f"({Path(where.filename).name}:{where.lineno}). Grade it again; "
            "if it happens twice, report it with this scorecard."
        )
        card = rejected(lab, submission.student, problem[:500], Status.CRASHED)
        # What broke off may have been a run; a kernel without doors has the fewest layers.
        layers = confinement.layers_with(around.ports, doors=False)
        known = {"submitted_at": intake.submitted_at, "layers": layers}
        return card.model_copy(update=known), None
    if grading.kernel_died and has_ended(launcher):
        problem = "The process that kernels are forked from was ended. Grade it again."
        card = rejected(lab, submission.student, problem, Status.CRASHED)
        return card.model_copy(update={"layers": grading.card.layers}), None
    card = grading.card.model_copy(update={"submitted_at": intake.submitted_at})
    return card, with_verdicts(lab, grading.notebook, card)


def has_ended(launcher: KernelLauncher) -> bool:
    """Say whether what forks kernels is gone, which may show a moment after they are."""
    until = time.monotonic() + _SECONDS_TO_SHOW
    while getattr(launcher, "alive", True):
        if not hasattr(launcher, "alive") or time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def rejected(lab: Lab, student: str, problem: str, status: Status = Status.REJECTED) -> Scorecard:
    """Return the scorecard of a submission that could not be graded; it earns nothing."""
    return Scorecard(
        student=student,
        lab=lab.manifest.id,
        status=status,
        problem=problem,
        score=0,
        max_score=lab.max_points,
    )


def limit_this_process() -> None:
    """Leave interrupts to the process that leads the cohort, and bound this one's memory."""
    # The terminal's Ctrl-C goes to every process; only the one that leads the cohort handles it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform.startswith("linux"):
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = _WORKER_ADDRESS_SPACE
        if hard == resource.RLIM_INFINITY or hard > limit:
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
