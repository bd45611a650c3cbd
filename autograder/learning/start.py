"""Begin a lab: copy its release to where the learner works."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from autograder.contract.lab import Lab
from autograder.errors import CourseError
from autograder.learning.brief import RELEASED
from autograder.paths import CoursePaths

Build = Callable[[Lab, CoursePaths], Path]


@dataclass(frozen=True)
class Started:
    """Tell where the work lies, and which files were copied there just now."""

    folder: Path
    copied: tuple[str, ...]


def start_lab(course: CoursePaths, lab: Lab, *, build: Build) -> Started:
    """Copy the released lab to work/ID; what is there already is never overwritten.

    `build` makes the release where there is none yet.
    """
    source = released_lab(course, lab, build=build)
    target = course.work / lab.manifest.id
    if target.exists() and not target.is_dir():
        raise CourseError(f"{target} is a file.", mend="Move it away, then start again.")
    copied = []
    for path in released_files(source):
        name = path.relative_to(source)
        if not (target / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / name)
            copied.append(name.as_posix())
    return Started(target, tuple(copied))


def released_lab(course: CoursePaths, lab: Lab, *, build: Build) -> Path:
    """Return the folder of the released lab, building it where it is missing."""
    folder = course.release / lab.manifest.id
    return folder if (folder / RELEASED).is_file() else build(lab, course)


def released_files(folder: Path) -> list[Path]:
    """List the files of a release, without what editors and kernels leave behind."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not {".ipynb_checkpoints", "__pycache__"} & set(path.parts)
    )
