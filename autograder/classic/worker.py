"""Grade one submission to a plain nbgrader assignment, in a process of its own."""

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.classic.assignment import Plan, plain_files
from autograder.classic.cards import card_of
from autograder.classic.grading import ClassicResult, grade_plain
from autograder.classic.master import read_submitted
from autograder.errors import CourseError
from autograder.execution import Confinement
from autograder.execution.confinement import FewerLayersError
from autograder.execution.kernel import KernelLauncher, launch_plain_kernel
from autograder.grading.intake import MAX_NOTEBOOK_MB, Submission, read_timestamp
from autograder.grading.layout import OutputLayout
from autograder.grading.worker import drop_outdated, has_ended, limit_this_process
from autograder.scoring import Scorecard, Status, write_scorecard
from autograder.writing import write_in_one_step


@dataclass(frozen=True)
class PlainJob:
    """Say what one worker is to grade and where its findings go."""

    submission: Submission
    plan: Plan
    output: Path
    confinement: Confinement
    fingerprint: str
    launcher: KernelLauncher = launch_plain_kernel


def grade_plain_job(job: PlainJob) -> None:
    """Grade `job`, write its scorecard and notebooks; never raise for a learner's fault."""
    limit_this_process()
    layout = OutputLayout(job.output)
    student, name = job.submission.student, job.submission.lab
    card, notebooks = grade_plain_submission(
        job.plan, job.submission, job.confinement, job.launcher, secret=job.fingerprint
    )
    folder, scorecard = layout.executed(student, name).parent, layout.scorecard(student, name)
    outdated = [path for path in folder.glob("*.ipynb") if path.stem not in notebooks]
    # A scorecard says that everything beside it is there and is of the same work: what is not
    # goes first, and a new one is written last.
    drop_outdated(scorecard, job.fingerprint)
    if outdated:
        scorecard.unlink(missing_ok=True)
    for path in outdated:
        path.unlink()
    for stem, notebook in notebooks.items():
        write_in_one_step(folder / f"{stem}.ipynb", nbformat.writes(notebook) + "\n")
    write_scorecard(card.model_copy(update={"fingerprint": job.fingerprint}), scorecard)


def grade_plain_submission(
    plan: Plan,
    submission: Submission,
    confinement: Confinement,
    launcher: KernelLauncher = launch_plain_kernel,
    *,
    secret: str = "",
) -> tuple[Scorecard, Mapping[str, NotebookNode]]:
    """Return the scorecard of a submission, and its executed notebooks by name.

    A notebook that is missing or cannot be read earns nothing and says why; the others count.
    A kernel that died is the learner's doing, unless what forks kernels is gone as well.
    """
    results: dict[str, ClassicResult] = {}
    problems: dict[str, str] = {}
    submitted_at: datetime | None = None
    try:
        _require_folder(submission.folder)
        submitted_at = read_timestamp(submission.folder)
        files = {**plain_files(submission.folder), **plan.files}
        for name, master in plan.masters.items():
            try:
                notebook = _read(submission.folder / f"{name}.ipynb")
            except CourseError as error:
                problems[name] = str(error)
                continue
            results[name] = grade_plain(
                master,
                notebook,
                files=files,
                limits=plan.limits,
                confinement=confinement,
                launcher=launcher,
                decoys=plan.decoys.get(name),
                secret=secret,
            )
    except CourseError as error:
        problems[""] = str(error)
        results = {}
    except FewerLayersError as error:
        problem = f"{error} The same command tries it again."
        return crashed(plan, submission.student, problem), {}
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        problem = (
            f"Grading broke off: {type(error).__name__}: {error} "
            f"({Path(where.filename).name}:{where.lineno}). Grade it again."
        )
        return crashed(plan, submission.student, problem, confinement.layers), {}
    if any(result.kernel_died for result in results.values()) and has_ended(launcher):
        problem = "The process that kernels are forked from was ended. Grade it again."
        return crashed(plan, submission.student, problem, confinement.layers), {}
    card = card_of(plan, submission.student, results, problems, submitted_at=submitted_at)
    return card, {name: result.notebook for name, result in results.items()}


def crashed(plan: Plan, student: str, problem: str, layers: tuple[str, ...] = ()) -> Scorecard:
    """Return the scorecard of a submission whose grading broke off, in a run with `layers`."""
    empty = card_of(plan, student, {}, {"": problem[:500]})
    return empty.model_copy(update={"status": Status.CRASHED, "layers": layers})


def _require_folder(folder: Path) -> None:
    if folder.is_symlink() or folder.parent.is_symlink() or not folder.is_dir():
        raise CourseError("The submission is no folder.", mend="Hand in a folder of plain files.")


def _read(path: Path) -> NotebookNode:
    if path.is_symlink():
        raise CourseError(f"{path.name} is a link.", mend="Hand in the notebook itself.")
    if path.is_file() and path.stat().st_size > MAX_NOTEBOOK_MB << 20:
        raise CourseError(
            f"{path.name} is larger than {MAX_NOTEBOOK_MB} MB.", mend="Clear its outputs."
        )
    return read_submitted(path)
