"""A lab: its manifest, its notebook and what is derived from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from autograder.checks import Check, load_checks
from autograder.contract.conventions import CHECKS, MANIFEST, NOTEBOOK
from autograder.contract.deriving import solution_of, starter_of
from autograder.contract.manifest import LabManifest, Task, load_manifest
from autograder.contract.notebooks import read_notebook
from autograder.contract.telling import known_names, shown_as
from autograder.errors import CourseError


@dataclass(frozen=True)
class Lab:
    """Hold one lab as its author wrote it; copy a notebook of it before changing it."""

    path: Path
    manifest: LabManifest
    source: NotebookNode

    @property
    def id(self) -> str:
        return self.manifest.id

    @cached_property
    def starter(self) -> NotebookNode:
        """Give the notebook that learners get: stubs for solutions, no hidden tests."""
        return starter_of(self.source, shown_as(self.path / NOTEBOOK))

    @cached_property
    def solution(self) -> NotebookNode:
        """Give the official answer: the source without hidden tests."""
        return solution_of(self.source, shown_as(self.path / NOTEBOOK))

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """Give all checks, visible ones first; raise CourseError where their files are faulty."""
        return load_checks(self.path, hidden=True)

    @property
    def visible_checks(self) -> tuple[Check, ...]:
        """Give the checks that learners get; read from checks.py alone."""
        return self._visible

    @cached_property
    def _visible(self) -> tuple[Check, ...]:
        return load_checks(self.path, hidden=False)

    @property
    def max_points(self) -> float:
        return self.manifest.max_points

    @property
    def given_files(self) -> list[Path]:
        """List the files that stand beside the notebook while it runs, as lab.toml gives them."""
        return [self.path / name for name in self.manifest.give]

    @property
    def released_names(self) -> frozenset[str]:
        """Name the files a release holds besides the notebook and its manifest."""
        return frozenset((CHECKS, *self.manifest.give))

    def task(self, task_id: str) -> Task:
        """Find a task; raise CourseError with the nearest name for an unknown one."""
        for task in self.manifest.tasks:
            if task.id == task_id:
                return task
        known = [task.id for task in self.manifest.tasks]
        raise CourseError(
            f"{self.manifest.id} has no task {task_id!r}.", mend=known_names(task_id, known)
        )

    def answer_ids(self, task_id: str) -> tuple[str, ...]:
        """Name the cells in which a learner answers the task."""
        return self.task(task_id).answers

    def parameter_sets(self) -> list[dict[str, Any]]:
        """List the parameters to run with: the learner's own first, then the held-out ones."""
        table: Mapping[str, Any] = self.manifest.parameters
        held_out = zip(*(value.held_out for value in table.values()), strict=True)
        return [
            dict(self.manifest.learner_parameters),
            *(dict(zip(table, values, strict=True)) for values in held_out),
        ]


def load_lab(path: Path) -> Lab:
    """Load the lab in the folder `path`; raise CourseError for what is wrong in its files."""
    path = path.resolve()
    if not path.is_dir():
        near = [folder.name for folder in find_labs(path.parent)] if path.parent.is_dir() else []
        raise CourseError(f"There is no lab {path.name!r}.", mend=known_names(path.name, near))
    manifest = load_manifest(path / MANIFEST)
    shown = shown_as(path / MANIFEST)
    if manifest.id != path.name:
        raise CourseError(
            f"{shown}: id: is {manifest.id!r}, but the folder is {path.name!r}.",
            mend=f'Write id = "{path.name}", or rename the folder.',
        )
    for name in manifest.give:
        if not (path / name).is_file():
            raise CourseError(
                f"{shown}: give: there is no file {name} beside it.",
                mend="Add the file (`lab fmt` makes what an earlier lab leaves), or take its name "
                "out of give.",
            )
    notebook = path / NOTEBOOK
    if not notebook.is_file():
        raise CourseError(f"{shown_as(notebook)}: is missing.", mend="Write the lab's notebook.")
    source = read_notebook(notebook, strict_ids=True, shown_as=shown_as(notebook))
    return Lab(path=path, manifest=manifest, source=source)


def find_labs(root: Path) -> list[Path]:
    """List the folders under `root` that hold a lab.toml, by name."""
    if not root.is_dir():
        return []
    return sorted(path.parent for path in root.glob(f"*/{MANIFEST}"))
