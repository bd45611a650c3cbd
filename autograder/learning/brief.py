"""What a learner knows of a lab: its tasks, points and hints, and the parameters' own values."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rapidfuzz import process

from autograder.errors import CourseError

RELEASED, SOURCE = "lab-release.toml", "lab.toml"


@dataclass(frozen=True)
class TaskBrief:
    """Hold what a learner knows of one task."""

    id: str
    title: str
    points: float
    hints: tuple[str, ...]
    answers: tuple[str, ...]


@dataclass(frozen=True)
class LabBrief:
    """Hold what a learner knows of a lab; `parameters` are the learner's own values.

    `needs` are the servers it talks to, and `brokers` how many Kafka must have, if that matters.
    """

    id: str
    title: str
    minutes: float
    tasks: tuple[TaskBrief, ...]
    parameters: Mapping[str, Any]
    folder: Path
    released: bool
    needs: tuple[str, ...] = ()
    brokers: int | None = None

    @property
    def max_points(self) -> float:
        return sum(task.points for task in self.tasks)

    def task(self, name: str) -> TaskBrief:
        """Return the task `name`; raise CourseError with the nearest names."""
        for task in self.tasks:
            if task.id == name:
                return task
        known = [task.id for task in self.tasks]
        near = [n for n, _, _ in process.extract(name, known, limit=2, score_cutoff=55)]
        mend = f"Did you mean {' or '.join(near)}?" if near else f"Tasks: {', '.join(known)}."
        raise CourseError(f"The lab {self.id} has no task {name!r}.", mend=mend)


def read_brief(folder: Path) -> LabBrief:
    """Read the lab in `folder`, released or as its authors wrote it; raise CourseError."""
    path = next((folder / n for n in (RELEASED, SOURCE) if (folder / n).is_file()), None)
    if path is None:
        raise CourseError(
            f"There is no lab in {folder}: neither {RELEASED} nor {SOURCE}.",
            mend="Start one with `lab start ID` and open its notebook in work/ID/.",
        )
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return _brief(content, folder, released=path.name == RELEASED)
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise CourseError(
            f"{path} is damaged ({error}).", mend="Get it back with `lab reset`, or by hand."
        ) from error


def _brief(content: Mapping[str, Any], folder: Path, *, released: bool) -> LabBrief:
    return LabBrief(
        id=str(content["id"]),
        title=str(content["title"]),
        minutes=float(content.get("minutes", 0)),
        tasks=tuple(_task(task) for task in content["task"]),
        parameters=MappingProxyType(
            {name: _own(value) for name, value in content.get("parameters", {}).items()}
        ),
        folder=folder,
        released=released,
        needs=tuple(map(str, content.get("needs", ()))),
        brokers=content.get("stack", {}).get("brokers"),
    )


def _task(content: Mapping[str, Any]) -> TaskBrief:
    return TaskBrief(
        id=str(content["id"]),
        title=str(content.get("title", "")),
        points=float(content["points"]),
        hints=tuple(map(str, content.get("hints", ()))),
        answers=tuple(map(str, content.get("answers", ()))),
    )


def _own(value: Any) -> Any:
    """Give the learner's value: authors write it beside the held-out ones, a release alone."""
    return value["learner"] if isinstance(value, dict) else value
