"""Hand work in: check that it can be graded, then copy it in nbgrader's layout."""

import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from autograder.contract.lab import Lab
from autograder.contract.notebooks import grade_id, read_notebook
from autograder.errors import CourseError
from autograder.learning.places import NOTEBOOK, Place
from autograder.paths import CoursePaths

TIMESTAMP = "timestamp.txt"
TIME_FORMAT = "%Y-%m-%d %H:%M:%S.%f %Z"  # nbgrader's
_LARGEST_MB = 20


@dataclass(frozen=True)
class Receipt:
    """Tell what was handed in, when (UTC), where, and what the learner may want to know."""

    student: str
    lab: str
    folder: Path
    files: tuple[str, ...]
    time: datetime
    before: Path | None
    remarks: tuple[str, ...]


def submit_lab(course: CoursePaths, lab: Lab, place: Place, student: str) -> Receipt:
    """Copy what the lab asks for to submitted/STUDENT/ID; an earlier submission is kept aside.

    Raise CourseError when a file is missing or the notebook could not be graded.
    """
    files = tuple(lab.manifest.submit)
    for name in files:
        _require(place.folder / name)
    remarks = _remarks(lab, place)
    moment = datetime.now(UTC)
    target = course.root / "submitted" / student / lab.manifest.id
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".handing-in-") as scratch:
        ready = Path(scratch) / lab.manifest.id
        ready.mkdir()
        for name in files:
            (ready / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(place.folder / name, ready / name)
        (ready / TIMESTAMP).write_text(moment.strftime(TIME_FORMAT), encoding="utf-8")
        before = _put_aside(course, target, student)
        ready.replace(target)
    return Receipt(student, lab.manifest.id, target, files, moment, before, remarks)


def _require(path: Path) -> None:
    if path.is_symlink() or not path.is_file():
        raise CourseError(
            f"{path} is missing, or not a plain file.", mend="Save your work there, then submit."
        )
    if path.stat().st_size > _LARGEST_MB << 20:
        raise CourseError(
            f"{path} is larger than {_LARGEST_MB} MB.",
            mend="Clear the notebook's outputs, save, and submit again.",
        )


def _remarks(lab: Lab, place: Place) -> tuple[str, ...]:
    """Say which answers are lost or untouched; neither keeps anybody from handing in."""
    mine = _sources(read_notebook(place.folder / NOTEBOOK).cells)
    theirs = _sources(lab.starter.cells)
    remarks = []
    for task in lab.manifest.tasks:
        lost = [name for name in task.answers if name not in mine]
        if lost:
            remarks.append(f"{task.id}: the cell {', '.join(lost)} is gone, so it earns nothing")
        elif all(mine[name].strip() == theirs.get(name, "").strip() for name in task.answers):
            remarks.append(f"{task.id}: not attempted yet")
    return tuple(remarks)


def _sources(cells: list[dict[str, str]]) -> dict[str, str]:
    found = {str(cell.get("id", "")): cell["source"] for cell in cells}
    found.update({name: cell["source"] for cell in cells if (name := grade_id(cell))})
    return found


def _put_aside(course: CoursePaths, target: Path, student: str) -> Path | None:
    """Move an earlier submission out of the graders' way."""
    if not target.exists():
        return None
    stamp = datetime.now(UTC).strftime("%Y-%m-%d_%H-%M-%S-%f")
    aside = course.state / "submitted" / student / target.name / stamp
    aside.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(target, aside)
    return aside
