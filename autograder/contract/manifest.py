"""The manifest of a lab, lab.toml, as typed data."""

import keyword
import sys
from collections.abc import Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from autograder.contract.conventions import (
    CHECKS,
    HIDDEN_CHECKS,
    KEPT_BACK,
    NOTEBOOK,
    RELEASED_MANIFEST,
)
from autograder.contract.telling import known_names, read_toml

Identifier = Annotated[str, Field(strict=True, pattern=r"^[a-z0-9_]+$")]
CellId = Annotated[str, Field(strict=True, pattern=r"^[a-zA-Z0-9_-]{1,64}$")]
Words = Annotated[str, Field(strict=True, min_length=1)]
Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(strict=True, gt=0)]
Part = Literal["kafka", "redis", "mlflow", "s3", "postgres", "spark", "ray", "prometheus"]

_EXAMPLES: Final = {
    "id": 'id = "11_data_quality"',
    "title": 'title = "Data validation and quality gates"',
    "module": 'module = "11_data_quality"',
    "milestone": 'milestone = "fraud_3_baseline_model"',
    "minutes": "minutes = 60",
    "submit": 'submit = ["lab.ipynb"]',
    "give": 'give = ["orders.py"]',
    "needs": 'needs = ["mlflow"]',
    "brokers": "[stack] with brokers = 3",
    "preload": 'preload = ["pandas"]',
    "limits": "[limits] with seconds = 60",
    "seconds": "seconds = 60",
    "cell_seconds": "cell_seconds = 20",
    "probe_seconds": "probe_seconds = 5",
    "memory_mb": "memory_mb = 2048",
    "output_mb": "output_mb = 5",
    "processes": "processes = 64",
    "file_mb": "file_mb = 200",
    "parameters": "[parameters] with seed = { learner = 7, held_out = [90210] }",
    "learner": "seed = { learner = 7, held_out = [90210] }",
    "held_out": "seed = { learner = 7, held_out = [90210] }",
    "leaves": '[leaves] with module = "baseline" and cells = ["split-answer"]',
    "leaves.module": 'module = "baseline"',
    "cells": 'cells = ["split-answer"]',
    "task": 'a [[task]] table with id = "schema"',
    "task.id": 'id = "schema"',
    "points": "points = 4",
    "answers": 'answers = ["schema-answer"]',
    "hints": 'hints = ["a nudge", "the idea", "nearly the answer"]',
    "needs_tasks": 'needs_tasks = ["schema"]',
}


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Table):
    """Bound one run of the notebook; seconds are wall clock, megabytes are MiB."""

    seconds: Positive = 60
    cell_seconds: Positive = 20
    probe_seconds: Positive = 5
    memory_mb: Count = 2048
    output_mb: Positive = 5
    processes: Count = 64
    file_mb: Count = 200

    @model_validator(mode="after")
    def _fit_each_other(self) -> Self:
        for name in ("cell_seconds", "probe_seconds"):
            if getattr(self, name) > self.seconds:
                raise ValueError(
                    f"{name} is {getattr(self, name):g}, more than the "
                    f"{self.seconds:g} seconds of the whole run."
                )
        return self


class StackShape(_Table):
    """Say of what size the parts must be; one that is not told may be of any."""

    brokers: Annotated[int, Field(strict=True, ge=1, le=3)] | None = None


class Parameter(_Table):
    """Give a parameter's value in the learner's notebook and the values the grader tries too."""

    learner: Any
    held_out: Annotated[tuple[Any, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _are_alike(self) -> Self:
        for value in (self.learner, *self.held_out):
            if not isinstance(value, bool | int | float | str):
                raise ValueError(f"{value!r} is neither text, a number, true nor false.")
            if type(value) is not type(self.learner):
                raise ValueError(f"held_out has {value!r}, not of the kind of {self.learner!r}.")
        return self


class Leaves(_Table):
    """Name the module that the lab leaves to later milestones, and the answer cells it is made of.

    Later labs of the same project give it as the file MODULE.py.
    """

    module: Identifier
    cells: Annotated[tuple[CellId, ...], Field(min_length=1)]

    @field_validator("module")
    @classmethod
    def _can_be_imported(cls, name: str) -> str:
        if not name.isidentifier() or keyword.iskeyword(name):
            raise ValueError(f"{name!r} is no name that Python could import.")
        if name in sys.stdlib_module_names or f"{name}.py" in (CHECKS, HIDDEN_CHECKS):
            raise ValueError(f"{name!r} would hide another module of that name.")
        return name

    @field_validator("cells")
    @classmethod
    def _stand_once(cls, cells: tuple[str, ...]) -> tuple[str, ...]:
        _require_distinct(cells, "cell")
        return cells


class Task(_Table):
    """Describe one task: its points are the sum of its checks'; grades key off its id for ever."""

    id: Identifier
    title: Words
    points: Positive
    answers: Annotated[tuple[CellId, ...], Field(min_length=1)]
    hints: Annotated[tuple[Words, ...], Field(min_length=3)]
    needs_tasks: tuple[Identifier, ...] = ()


class LabManifest(_Table):
    """Describe one lab as its author wrote it down."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    id: Identifier
    title: Words
    module: Identifier | None = None
    milestone: Identifier | None = None
    minutes: Count
    submit: tuple[Words, ...] = (NOTEBOOK,)
    give: tuple[Words, ...] = ()
    needs: tuple[Part, ...] = ()
    stack: StackShape = StackShape()
    preload: tuple[Words, ...] = ()
    limits: Limits = Limits()
    parameters: Annotated[dict[str, Parameter], Field(min_length=1)]
    leaves: Leaves | None = None
    tasks: Annotated[tuple[Task, ...], Field(min_length=1, alias="task")]

    @field_validator("submit", "give")
    @classmethod
    def _are_plain_names(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            path = PurePosixPath(name)
            if path.is_absolute() or ".." in path.parts or "\\" in name:
                raise ValueError(f"{name!r} leads out of the lab's folder.")
        return names

    @field_validator("submit")
    @classmethod
    def _has_the_notebook(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        if NOTEBOOK not in names:
            raise ValueError(f"{NOTEBOOK} is not in it.")
        return names

    @field_validator("give")
    @classmethod
    def _gives_nothing_secret(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if any(fnmatch(part, kept) for part in PurePosixPath(name).parts for kept in KEPT_BACK):
                raise ValueError(f"{name} must not be given to learners.")
            if name in (NOTEBOOK, CHECKS, RELEASED_MANIFEST):
                raise ValueError(f"{name} is given anyway; take it out.")
        return names

    @field_validator("parameters")
    @classmethod
    def _form_sets(cls, parameters: dict[str, Parameter]) -> dict[str, Parameter]:
        for name in parameters:
            if not name.isidentifier() or keyword.iskeyword(name):
                raise ValueError(f"{name!r} is no name that Python could assign.")
        lengths = {name: len(value.held_out) for name, value in parameters.items()}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{name} has {count}" for name, count in lengths.items())
            raise ValueError(f"the held_out lists must be equally long: {told}.")
        own = [value.learner for value in parameters.values()]
        held_out = zip(*(value.held_out for value in parameters.values()), strict=True)
        if any(list(values) == own for values in held_out):
            raise ValueError("a held_out set equals the learner's own; it would prove nothing.")
        return parameters

    @field_validator("tasks")
    @classmethod
    def _stand_apart(cls, tasks: tuple[Task, ...]) -> tuple[Task, ...]:
        _require_distinct([task.id for task in tasks], "task")
        _require_distinct([cell for task in tasks for cell in task.answers], "answer cell")
        before: list[str] = []
        for task in tasks:
            for name in task.needs_tasks:
                if name not in before:
                    hint = known_names(name, before)
                    raise ValueError(f"{task.id} needs {name!r}, no task before it. {hint}")
            before.append(task.id)
        return tasks

    @model_validator(mode="after")
    def _shapes_what_it_needs(self) -> Self:
        if self.stack.brokers is not None and "kafka" not in self.needs:
            raise ValueError("stack.brokers is told, but needs does not name kafka.")
        return self

    @model_validator(mode="after")
    def _belongs_somewhere(self) -> Self:
        if (self.module is None) == (self.milestone is None):
            raise ValueError("exactly one of module and milestone must be named.")
        return self

    @model_validator(mode="after")
    def _leaves_what_it_has(self) -> Self:
        if self.leaves is None:
            return self
        if self.milestone is None:
            raise ValueError("leaves: only a milestone has labs after it that could use a module.")
        file = f"{self.leaves.module}.py"
        if file in self.give:
            raise ValueError(f"leaves.module: the lab gives a file {file} itself; choose another.")
        answers = [cell for task in self.tasks for cell in task.answers]
        for cell in self.leaves.cells:
            if cell not in answers:
                hint = known_names(cell, answers)
                raise ValueError(f"leaves.cells: {cell!r} is no answer cell of a task. {hint}")
        return self

    @property
    def max_points(self) -> float:
        """Sum the points of all tasks."""
        return sum(task.points for task in self.tasks)

    @property
    def learner_parameters(self) -> Mapping[str, Any]:
        """Give the parameters as the learner's notebook has them."""
        return {name: value.learner for name, value in self.parameters.items()}


def load_manifest(path: Path) -> LabManifest:
    """Load a lab.toml; raise CourseError naming the file, the key and the mend."""
    return read_toml(path, LabManifest, example=_EXAMPLES)


def _require_distinct(names: Sequence[str], what: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"the {what} {name!r} stands {names.count(name)} times.")
