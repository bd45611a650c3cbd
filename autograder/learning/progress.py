"""How far a learner is, over the whole course."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from autograder.contract.lab import find_labs
from autograder.course.course import Course
from autograder.course.manifest import Step
from autograder.errors import CourseError
from autograder.learning.brief import RELEASED, LabBrief, read_brief
from autograder.learning.memory import Memory, remembered
from autograder.paths import CoursePaths


class State(StrEnum):
    """Say where a learner stands with a lab."""

    PLANNED = "planned"
    NOT_STARTED = "not started"
    IN_PROGRESS = "in progress"
    PASSED = "passed"


@dataclass(frozen=True)
class Row:
    """Hold one lab's line: what it is and how far the learner is.

    `points` are those of the visible checks, as `lab check` found them last.
    """

    id: str
    title: str
    state: State
    minutes: float = 0.0
    tasks: int = 0
    passed: int = 0
    points: float = 0.0
    max_points: float = 0.0
    submitted: bool = False
    checked_at: str = ""


def progress_rows(
    paths: CoursePaths, course: Course, *, track: str | None = None, student: str = ""
) -> list[Row]:
    """List the labs in the course's order, or in a track's, each with the learner's state."""
    steps = course.steps_of_track(track) if track else course.steps
    written = {path.name: path for path in find_labs(paths.labs)}
    rows = [_row(paths, step, written.get(step.id), student) for step in steps]
    if track:
        return rows
    known = {step.id for step in steps}
    extra = [path for name, path in written.items() if name not in known]
    return rows + [_known_row(paths, path.name, path.name, path, student) for path in extra]


def totals(rows: Iterable[Row]) -> tuple[int, int, int]:
    """Count the labs that are passed, in progress, and written."""
    states = [row.state for row in rows]
    written = sum(state is not State.PLANNED for state in states)
    return states.count(State.PASSED), states.count(State.IN_PROGRESS), written


def _row(paths: CoursePaths, step: Step, source: Path | None, student: str) -> Row:
    if source is None:
        return Row(step.id, step.title, State.PLANNED)
    return _known_row(paths, step.id, step.title, source, student)


def _known_row(paths: CoursePaths, lab: str, title: str, source: Path, student: str) -> Row:
    work = paths.work / lab
    begun = (work / RELEASED).is_file()
    memory = remembered(work) if begun else Memory()
    brief = _brief(work if begun else source)
    done = sum(verdict == "passed" for verdict in memory.verdicts.values())
    state = State.PASSED if memory.passed else State.IN_PROGRESS
    return Row(
        id=lab,
        title=title,
        state=state if begun else State.NOT_STARTED,
        minutes=brief.minutes if brief else 0.0,
        tasks=len(brief.tasks) if brief else 0,
        passed=done,
        points=memory.points,
        max_points=memory.max_points,
        submitted=bool(student) and (paths.root / "submitted" / student / lab).is_dir(),
        checked_at=memory.checked_at,
    )


def _brief(folder: Path) -> LabBrief | None:
    """Read a lab's brief; a lab with a faulty manifest must not hide the others."""
    try:
        return read_brief(folder)
    except CourseError:
        return None
