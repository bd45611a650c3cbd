"""Give hints one at a time, from a nudge to nearly the answer."""

from dataclasses import dataclass

from autograder.errors import CourseError
from autograder.learning.brief import LabBrief
from autograder.learning.memory import remember, remembered


@dataclass(frozen=True)
class Hint:
    """Hold one hint: the `number`th of `total`."""

    task: str
    number: int
    total: int
    text: str

    @property
    def is_last(self) -> bool:
        return self.number == self.total


def next_hint(brief: LabBrief, task: str, number: int | None = None) -> Hint:
    """Give the next hint of `task`, or its `number`th, and remember how far the learner is.

    After the last one it is the last again. Raise CourseError for an unknown task or number.
    """
    hints = brief.task(task).hints
    if not hints:
        raise CourseError(f"The task {task} has no hints.", mend="Read its text once more.")
    memory = remembered(brief.folder)
    shown = memory.hints.get(task, 0)
    wanted = min(shown + 1, len(hints)) if number is None else number
    if not 1 <= wanted <= len(hints):
        raise CourseError(
            f"The task {task} has the hints 1 to {len(hints)}, not {wanted}.",
            mend="Leave the number out for the next one.",
        )
    remember(brief.folder, memory.with_hint(task, max(shown, wanted)))
    return Hint(task, wanted, len(hints), hints[wanted - 1])
