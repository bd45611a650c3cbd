"""Word the comment that goes with a task's mark."""

from autograder.checks.verdict import Verdict
from autograder.scoring import Scorecard, Status, TaskScore

NO_RESPONSE = "No response."  # nbgrader's own words, which its pages know
_LONGEST = 300  # characters of one message; the whole is on the feedback page
# nbgrader renders comments as markdown with raw HTML in it, and a message may quote a learner.
_INERT = str.maketrans({"<": "\u2039", ">": "\u203a", "`": "'", "\n": " ", "\r": " "})


def task_comment(card: Scorecard, task: TaskScore) -> str | None:
    """Say what became of `task`, for the learner's eyes; None when there is nothing to say.

    `card` must be redacted: the comment is shown to the learner.
    """
    if card.status is not Status.GRADED:
        return inert(card.problem)
    if task.verdict is Verdict.UNATTEMPTED:
        return NO_RESPONSE
    lines = []
    for check in task.checks:
        if check.verdict is Verdict.PASSED:
            continue
        words = [w for w in (inert(check.message), inert(check.feedback)) if w]
        name = check.id.removeprefix(f"{task.id}.")
        lines.append(f"- {name} ({check.verdict.value}): {' '.join(words) or 'no points'}")
    return "\n".join(lines) or None


def inert(text: str) -> str:
    """Take out of `text` what markdown would turn into a tag, a link or a picture."""
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return short.translate(_INERT).replace("](", "] (").strip()
