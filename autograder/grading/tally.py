"""From rulings on checks to points on tasks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from autograder.checks import Check, Ruling, Verdict
from autograder.contract.manifest import Task
from autograder.scoring import CheckScore, TaskScore


@dataclass(frozen=True)
class Outcome:
    """Pair a ruling with the run it comes from."""

    ruling: Ruling
    held_out: bool = False


def score_tasks(
    tasks: Iterable[Task], checks: Iterable[Check], outcomes: Mapping[str, Outcome]
) -> tuple[TaskScore, ...]:
    """Give each check its points when it passed, and each task the sum and one verdict."""
    by_task: dict[str, list[CheckScore]] = {}
    for check in checks:
        by_task.setdefault(check.task, []).append(_score(check, outcomes.get(check.id)))
    return tuple(_sum_up(task, by_task.get(task.id, [])) for task in tasks)


def _score(check: Check, outcome: Outcome | None) -> CheckScore:
    outcome = outcome or Outcome(Ruling(Verdict.NOT_RUN, "this check was not reached"))
    ruling = outcome.ruling
    passed = ruling.verdict is Verdict.PASSED
    return CheckScore(
        id=check.id,
        verdict=ruling.verdict,
        points=check.points if passed else 0.0,
        max_points=check.points,
        hidden=check.hidden,
        held_out=outcome.held_out,
        message=ruling.message,
        feedback=check.feedback,
        author_fault=ruling.author_fault,
    )


def _sum_up(task: Task, checks: list[CheckScore]) -> TaskScore:
    return TaskScore(
        id=task.id,
        title=task.title,
        verdict=task_verdict([check.verdict for check in checks]),
        points=sum(check.points for check in checks),
        max_points=sum(check.max_points for check in checks),
        checks=tuple(checks),
    )


def task_verdict(verdicts: list[Verdict]) -> Verdict:
    """Return the one verdict that tells a learner most about a task's checks.

    A task is unattempted only when nothing of it was tried; what failed outweighs what crashed,
    since it says more.
    """
    if not verdicts:
        return Verdict.NOT_RUN
    found = set(verdicts)
    if found == {Verdict.PASSED}:
        return Verdict.PASSED
    if found <= {Verdict.UNATTEMPTED, Verdict.NOT_RUN} and Verdict.UNATTEMPTED in found:
        return Verdict.UNATTEMPTED
    for verdict in (Verdict.FAILED, Verdict.ERRORED, Verdict.NOT_RUN):
        if verdict in found:
            return verdict
    return Verdict.UNATTEMPTED
