"""Hold what stands beside a lab's notebook, checks and files, against its manifest."""

from collections.abc import Iterator
from fnmatch import fnmatch

from autograder.chain.leaving import left_by
from autograder.contract.conventions import (
    CHECKS,
    HIDDEN_CHECKS,
    KEPT_BACK,
    LITTER,
    MUTANTS,
    NOTEBOOK,
    RELEASED_MANIFEST,
)
from autograder.contract.lab import Lab
from autograder.errors import CourseError

_TOLERANCE = 1e-9


def points_of_checks(lab: Lab) -> Iterator[str]:
    """Tell where the points of the checks and of the tasks disagree, or a check says too little."""
    try:
        checks = lab.checks
    except CourseError as error:
        yield str(error)
        return
    tasks = {task.id: task.points for task in lab.manifest.tasks}
    for task, points in tasks.items():
        of_task = [check for check in checks if check.task == task]
        total = sum(check.points for check in of_task)
        if abs(total - points) > _TOLERANCE:
            yield f"lab.toml: task {task} is worth {points:g} points, its checks give {total:g}."
        if of_task and all(check.hidden for check in of_task):
            yield f"{CHECKS}: task {task} has no visible check; learners could not try anything."
    for check in checks:
        if check.task not in tasks:
            where = HIDDEN_CHECKS if check.hidden else CHECKS
            yield f"{where}: {check.id} is for the task {check.task}, which lab.toml has not."
        if check.hidden and not check.feedback:
            yield f"{HIDDEN_CHECKS}: {check.id} has no feedback: a learner would hear nothing."


def files_beside(lab: Lab) -> Iterator[str]:
    """Tell which files are missing, and which nbgrader would release though no one gives them."""
    for name in (CHECKS, HIDDEN_CHECKS, MUTANTS):
        if not (lab.path / name).is_file():
            yield f"{name} is missing."
    known = {NOTEBOOK, CHECKS, HIDDEN_CHECKS, *lab.manifest.give}
    for path in sorted(lab.path.rglob("*")):
        parts = path.relative_to(lab.path).parts
        ignored = (*KEPT_BACK, *LITTER)
        if any(fnmatch(part, pattern) for part in parts for pattern in ignored):
            continue
        name = "/".join(parts)
        if path.is_file() and name not in known:
            yield f"{name} would be released with the lab, but lab.toml does not give it."
    if RELEASED_MANIFEST in known:
        yield f"{RELEASED_MANIFEST} is written by the release; take it out."


def module_left(lab: Lab) -> Iterator[str]:
    """Tell why no module for later labs can be made of the answer cells, if it cannot."""
    try:
        left_by(lab.path)
    except CourseError as error:
        yield str(error)
