"""A plain nbgrader course: where its assignments lie and how it wants them graded."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path

from nbformat import NotebookNode
from traitlets.config import Config

from autograder.classic.decoys import Decoy
from autograder.classic.limits import AskedLimits, limits_of
from autograder.classic.master import make_master, make_solution, read_plain
from autograder.classic.settings import load_config, setting
from autograder.contract.conventions import LITTER, MANIFEST
from autograder.contract.manifest import Limits
from autograder.errors import CourseError

# nbgrader's own defaults.
_SOURCE, _RELEASE, _SUBMITTED = "source", "release", "submitted"
_IGNORED = (*LITTER, "*.ipynb", ".*", "timestamp.txt", "gradebook.db*")


@dataclass(frozen=True)
class Plan:
    """Hold what grading a submission needs, free of the course's own configuration."""

    id: str
    masters: Mapping[str, NotebookNode]
    files: Mapping[str, Path]
    limits: Limits
    decoys: Mapping[str, Mapping[str, Sequence[Decoy]]] = field(default_factory=dict)


@dataclass(frozen=True)
class PlainAssignment:
    """Hold one assignment of a course that knows nothing of lab.toml.

    `folder` is the instructor's version, with solutions where `with_solutions`, else as released.
    """

    id: str
    course: Path
    folder: Path
    with_solutions: bool
    config: Config = field(default_factory=Config)
    asked: AskedLimits = field(default_factory=AskedLimits)

    @property
    def title(self) -> str:
        return self.id.replace("_", " ")

    @property
    def submitted(self) -> Path:
        """Return where the course keeps what was handed in."""
        return self.course / str(
            setting(self.config, "CourseDirectory", "submitted_directory", _SUBMITTED)
        )

    @property
    def db_url(self) -> str | None:
        """Return the course's own gradebook, where it has one already."""
        return existing_gradebook(self.course, self.config)

    @property
    def shared_db_url(self) -> str:
        """Return the database that the course's gradebook is kept in; empty for an SQLite file."""
        url = str(setting(self.config, "CourseDirectory", "db_url", ""))
        # Every nbgrader course has an SQLite address, in its own folder, by default.
        return "" if url.startswith("sqlite") else url

    @property
    def limits(self) -> Limits:
        """Return what a run may use: as asked for, as the course has it, or as is usual."""
        return limits_of(self.config, self.asked)

    @cached_property
    def masters(self) -> dict[str, NotebookNode]:
        """Return the notebooks by name, solutions out and hidden tests in."""
        return {path.stem: make_master(path, config=self.config) for path in self._notebooks()}

    @cached_property
    def solutions(self) -> dict[str, NotebookNode]:
        """Return the notebooks with the instructor's answers; empty where those are not there."""
        if not self.with_solutions:
            return {}
        return {path.stem: make_solution(path, config=self.config) for path in self._notebooks()}

    @cached_property
    def sources(self) -> dict[str, NotebookNode]:
        """Return the notebooks as the instructor wrote them."""
        return {path.stem: read_plain(path) for path in self._notebooks()}

    def plan(self, decoys: Mapping[str, Mapping[str, Sequence[Decoy]]] | None = None) -> Plan:
        """Give what a worker needs to grade with, `decoys` by notebook and cell."""
        return Plan(self.id, self.masters, self.files, self.limits, decoys or {})

    @property
    def files(self) -> Mapping[str, Path]:
        """Return what lies beside the notebooks and is given to every run, by relative name."""
        patterns = (*_IGNORED, *map(str, setting(self.config, "CourseDirectory", "ignore", ())))
        return plain_files(self.folder, patterns)

    def _notebooks(self) -> list[Path]:
        return sorted(self.folder.glob("*.ipynb"))


def find_plain_assignment(course: Path, assignment: str) -> PlainAssignment | None:
    """Find `assignment` below `course` as nbgrader would: its source folder, else its release.

    Return None where neither holds a notebook, and for a folder that is a lab of ours.
    """
    config = load_config(course)
    for place, usual, with_solutions in (
        ("source_directory", _SOURCE, True),
        ("release_directory", _RELEASE, False),
    ):
        folder = course / str(setting(config, "CourseDirectory", place, usual)) / assignment
        if (folder / MANIFEST).is_file():
            return None
        if folder.is_dir() and any(folder.glob("*.ipynb")):
            return PlainAssignment(assignment, course, folder, with_solutions, config)
    return None


def require_plain_assignment(course: Path, assignment: str) -> PlainAssignment:
    """Find `assignment`; raise CourseError where it is not there."""
    course = course.resolve()
    if not course.is_dir():
        raise CourseError(
            f"{course} is not a folder.", mend="Point --course at an nbgrader course."
        )
    found = find_plain_assignment(course, assignment)
    if found is None:
        raise CourseError(
            f"{course} has no assignment {assignment}.",
            mend=f"Its notebooks belong into {_SOURCE}/{assignment}/, or {_RELEASE}/{assignment}/.",
        )
    return found


def existing_gradebook(course: Path, config: Config) -> str | None:
    """Return the URL of the gradebook that the course at `course` has; None where there is none."""
    url = str(setting(config, "CourseDirectory", "db_url", f"sqlite:///{course / 'gradebook.db'}"))
    file = url.removeprefix("sqlite:///")
    # Opening an SQLite file that is not there would make one.
    return None if file != url and not (course / file).is_file() else url


def plain_files(
    folder: Path, ignored: tuple[str, ...] = _IGNORED, *, most: int = 1000, megabytes: int = 200
) -> dict[str, Path]:
    """List the plain files below `folder` by relative name, links and hidden ones left out.

    Raise CourseError for more than `most` files or `megabytes` MiB in all.
    """
    found: dict[str, Path] = {}
    size = 0
    for place, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(n for n in folders if not _matches(n, ignored))
        for name in sorted(names):
            path = Path(place) / name
            if _matches(name, ignored) or path.is_symlink() or not path.is_file():
                continue
            size += path.stat().st_size
            found[path.relative_to(folder).as_posix()] = path
            if len(found) > most or size > megabytes << 20:
                raise CourseError(
                    f"{folder.name} holds more than {most} files or {megabytes} MiB.",
                    mend="Hand in what was asked for alone.",
                )
    return found


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)
