"""What a learner may see of a scorecard."""

from autograder.checks.verdict import Verdict
from autograder.scoring.scorecard import CheckScore, Scorecard, Status, TaskScore

OTHER_PARAMETERS = (
    "passes with your parameters, not with others: does every value follow the parameters cell?"
)
CRASHED = (
    "Grading this submission broke off by no fault of yours; your instructor will grade it again."
)


def redacted(card: Scorecard) -> Scorecard:
    """Take out what would give a hidden check or a held-out value away.

    Of a hidden check only its verdict, its points and its written advice stay. A visible check
    that fails with held-out parameters keeps its name and loses its message, since the message
    holds the expected value. The problem of a crashed grading may quote the grader's own files,
    so that a learner reads only that it crashed.
    """
    return card.model_copy(
        update={
            "tasks": tuple(_redact_task(task) for task in card.tasks),
            "problem": CRASHED if card.status is Status.CRASHED else card.problem,
            "runs": tuple(run for run in card.runs if not run.held_out),
        }
    )


def _redact_task(task: TaskScore) -> TaskScore:
    hidden = 0
    checks = []
    for check in task.checks:
        if check.hidden:
            hidden += 1
        checks.append(_redact_check(task.id, check, hidden))
    return task.model_copy(update={"checks": tuple(checks)})


def _redact_check(task: str, check: CheckScore, number: int) -> CheckScore:
    advice = check.feedback if check.verdict is not Verdict.PASSED else ""
    if check.hidden:
        # A crash inside a hidden check's call names the learner's own function at best and the
        # held-out argument at worst; the written advice is what the author chose to show.
        return check.model_copy(
            update={
                "id": f"{task}.hidden-{number}",
                "message": "",
                "feedback": advice,
                "held_out": False,
            }
        )
    message = (
        OTHER_PARAMETERS
        if check.held_out and check.verdict is not Verdict.PASSED
        else check.message
    )
    return check.model_copy(update={"message": message, "feedback": advice})
