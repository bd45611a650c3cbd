"""The executed notebook as a human grader and the learner see it: verdicts under each task."""

import copy
from textwrap import fill

import nbformat
from nbformat import NotebookNode

from autograder.contract.lab import Lab
from autograder.contract.notebooks import grade_id, is_grade
from autograder.scoring import Scorecard, TaskScore, redacted

_WIDTH = 100  # characters that formgrader shows without a scroll bar
_MARKS = {"passed": "✓", "failed": "✗", "unattempted": "·", "errored": "!", "not_run": "-"}


def with_verdicts(lab: Lab, executed: NotebookNode, card: Scorecard) -> NotebookNode:
    """Put the grade cells back, each with its task's verdicts as its output.

    They were not executed; without them nbgrader's formgrader has no place for points. Only what
    a learner may read is written, since nbgrader makes feedback out of the same notebook.
    """
    shown = copy.deepcopy(executed)
    scores = {task.id: task for task in redacted(card).tasks}
    released = {grade_id(cell): cell for cell in lab.starter.cells if is_grade(cell)}
    for task in lab.manifest.tasks:
        cell, score = released.get(task.id), scores.get(task.id)
        if cell is None or score is None:
            continue
        cell = copy.deepcopy(cell)
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=_lines(score))]
        shown.cells.insert(_place(shown, task.answers), cell)
    return shown


def _place(notebook: NotebookNode, answers: tuple[str, ...]) -> int:
    """Return the index behind the last of a task's answers."""
    places = [i for i, cell in enumerate(notebook.cells) if grade_id(cell) in answers]
    return max(places, default=len(notebook.cells) - 1) + 1


def _lines(task: TaskScore) -> str:
    lines = [f"{task.title}: {task.points:g} of {task.max_points:g} points, {task.verdict}"]
    for check in task.checks:
        said = " ".join(filter(None, (check.message, check.feedback)))
        lines.append(f"{_MARKS.get(check.verdict, '?')} {check.id}  {said}".rstrip())
    rows = "\n".join(lines).splitlines()
    return "\n".join(fill(row, _WIDTH, subsequent_indent="    ") for row in rows) + "\n"
