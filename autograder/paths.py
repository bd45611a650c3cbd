"""Where the parts of a course checkout lie."""

import os
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError

COURSE_VARIABLE = "LAB_COURSE"
_MARK = Path("modules") / "course.toml"


@dataclass(frozen=True)
class CoursePaths:
    """Name the folders of one course checkout; all are absolute."""

    root: Path

    @property
    def manifest(self) -> Path:
        return self.root / _MARK

    @property
    def modules(self) -> Path:
        return self.root / "modules"

    @property
    def labs(self) -> Path:
        return self.root / "labs"

    @property
    def projects(self) -> Path:
        return self.root / "projects"

    @property
    def release(self) -> Path:
        return self.root / "release"

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def state(self) -> Path:
        """Hold what commands remember between calls; safe to delete."""
        return self.root / ".state"


def find_course(start: Path | None = None) -> CoursePaths:
    """Find the course from LAB_COURSE or from `start` upwards; raise CourseError without one."""
    named = os.environ.get(COURSE_VARIABLE)
    if named:
        root = Path(named).resolve()
        if not (root / _MARK).is_file():
            raise CourseError(
                f"{COURSE_VARIABLE} is {named}, which holds no {_MARK}.",
                mend=f"Unset {COURSE_VARIABLE} or point it at a course checkout.",
            )
        return CoursePaths(root)
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / _MARK).is_file():
            return CoursePaths(folder)
    raise CourseError(
        f"No course here: neither {here} nor a folder above it holds {_MARK}.",
        mend=f"Change into a course checkout, or set {COURSE_VARIABLE} to one.",
    )
