"""The scorecard: one JSON document per submission, versioned and validated."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from autograder.checks.verdict import Verdict
from autograder.errors import CourseError
from autograder.writing import write_in_one_step

SCHEMA_VERSION = 1
FILE_NAME = "scorecard.json"


class Status(StrEnum):
    """Say how far grading came.

    `graded`: the notebook was executed and checked, or needed no execution.
    `rejected`: what was handed in could not be graded; `problem` says why and what to do.
    `crashed`: grading itself broke off; `problem` says where. It is worth a second run.
    """

    GRADED = "graded"
    REJECTED = "rejected"
    CRASHED = "crashed"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CheckScore(_Record):
    """Hold what one check found, and the points it earned."""

    id: str
    verdict: Verdict
    points: float
    max_points: float
    hidden: bool
    held_out: bool = False
    """Whether the verdict comes from a run with held-out parameters."""
    message: str = ""
    feedback: str = ""
    author_fault: bool = False


class TaskScore(_Record):
    """Sum up the checks of one task."""

    id: str
    title: str
    verdict: Verdict
    points: float
    max_points: float
    checks: tuple[CheckScore, ...]


class RunRecord(_Record):
    """Record one run of the notebook: wall time in seconds, peak memory in MiB, cell states."""

    parameters: dict[str, Any]
    held_out: bool
    seconds: float
    memory_mb: float
    status: str
    cells: dict[str, str]


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


class Scorecard(_Record):
    """Tell what one submission earned and why."""

    schema_version: Literal[1] = 1
    student: str
    lab: str
    status: Status
    problem: str = ""
    score: float
    max_score: float
    submitted_at: datetime | None = None
    tasks: Annotated[tuple[TaskScore, ...], BeforeValidator(_as_tuple)] = ()
    runs: Annotated[tuple[RunRecord, ...], BeforeValidator(_as_tuple)] = ()
    notes: tuple[str, ...] = ()
    """What was mended in the submission before it ran, in words."""
    layers: tuple[str, ...] = ()
    """The layers of confinement that were in force."""
    seconds: float = 0.0
    grader: str = ""
    fingerprint: str = ""
    """Hash of what was handed in and of the lab it was graded by; equal means nothing to do."""

    @property
    def author_faults(self) -> tuple[CheckScore, ...]:
        """Return the checks that broke by their own fault."""
        return tuple(c for task in self.tasks for c in task.checks if c.author_fault)

    def checks(self) -> dict[str, CheckScore]:
        """Return every check's score by check id."""
        return {check.id: check for task in self.tasks for check in task.checks}


def write_scorecard(card: Scorecard, path: Path) -> None:
    """Write `card` to `path` in one step, so that a reader never sees half a card."""
    write_in_one_step(path, card.model_dump_json(indent=1) + "\n", mode=0o600)


def read_scorecard(path: Path) -> Scorecard:
    """Read a scorecard; raise CourseError when the file is missing or is not one."""
    try:
        return Scorecard.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CourseError(f"{path} does not exist.", mend="Run `lab grade` first.") from None
    except (ValidationError, ValueError, OSError) as error:
        first = str(error).splitlines()[0]
        raise CourseError(
            f"{path} is not a scorecard of version {SCHEMA_VERSION} ({first}).",
            mend="Delete it and grade the submission again.",
        ) from None
