"""Word verdicts for learners."""

from dataclasses import dataclass

from autograder.checks.verdict import Verdict
from autograder.scoring import CheckScore, TaskScore

MARKS = {
    Verdict.PASSED: "✓",
    Verdict.FAILED: "✗",
    Verdict.UNATTEMPTED: "○",
    Verdict.ERRORED: "!",
    Verdict.NOT_RUN: "-",
}
VERDICT_WORDS = {
    Verdict.PASSED: "passed",
    Verdict.FAILED: "not right yet",
    Verdict.UNATTEMPTED: "not attempted yet - that is not wrong",
    Verdict.ERRORED: "stopped with an error",
    Verdict.NOT_RUN: "not run",
}


@dataclass(frozen=True)
class CheckLine:
    """Hold what one check tells the learner."""

    name: str
    verdict: Verdict
    points: str
    message: str
    advice: str


def task_lines(task: TaskScore) -> list[CheckLine]:
    """Give the lines of a redacted task's checks, those of hidden checks without name."""
    return [_line(task, check) for check in task.checks]


def _line(task: TaskScore, check: CheckScore) -> CheckLine:
    name = check.id.removeprefix(f"{task.id}.")
    return CheckLine(
        name="a hidden check" if check.hidden else name.replace("_", " "),
        verdict=check.verdict,
        points=f"{check.points:g} / {check.max_points:g}",
        message=check.message,
        advice=check.feedback,
    )
