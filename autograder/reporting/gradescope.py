"""Give a scorecard as Gradescope's results.json, as its autograder specification has it."""

import json
from typing import Any

from autograder.checks.verdict import Verdict
from autograder.reporting.entries import Entry
from autograder.scoring import CheckScore, Scorecard, Status, TaskScore, redacted

_STATUS = {Verdict.PASSED: "passed"}


def as_results_json(entry: Entry) -> str:
    """Give one submission's results.json: the mark that counts, a test for each check.

    What stands in it is what the learner's feedback page says: Gradescope's own visibility of
    tests can be changed by a click, so that nothing hidden is in the file at all.
    """
    card = redacted(entry.card)
    results: dict[str, Any] = {
        "score": entry.score,
        "execution_time": round(card.seconds),
        "output": _words(entry, card),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [
            _test(task, check, f"{number}.{place}")
            for number, task in enumerate(card.tasks, start=1)
            for place, check in enumerate(task.checks, start=1)
        ],
        "extra_data": {
            "lab": card.lab,
            "status": card.status.value,
            "max_score": card.max_score,
            "late_penalty": entry.marks.late_penalty,
        },
    }
    return json.dumps(results, indent=1) + "\n"


def _test(task: TaskScore, check: CheckScore, number: str) -> dict[str, Any]:
    said = "\n".join(filter(None, (check.message, check.feedback)))
    if check.verdict is Verdict.UNATTEMPTED:
        said = "Not attempted yet; that is not wrong."
    return {
        "name": check.id if not check.hidden else f"{task.id}: a hidden check",
        "name_format": "text",
        "number": number,
        "score": check.points,
        "max_score": check.max_points,
        "status": _STATUS.get(check.verdict, "failed"),
        "output": said,
        "output_format": "text",
        "tags": [task.id, check.verdict.value],
        "visibility": "visible",
    }


def _words(entry: Entry, card: Scorecard) -> str:
    lines = [card.problem] if card.status is not Status.GRADED else []
    lines += card.notes
    given = sum(entry.marks.points.values()) if entry.marks.points else card.score
    if abs(given - card.score) > 1e-9:
        lines.append(f"A person changed the points from {card.score:g} to {given:g}.")
    if entry.marks.late_penalty:
        lines.append(f"Late: {entry.marks.late_penalty:g} points off.")
    return "\n".join(lines)
