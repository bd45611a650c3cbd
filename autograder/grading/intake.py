"""Take a submission in: what may be graded, and a sentence for what may not."""

import hashlib
import os
import stat
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.utils import parse_utc

from autograder.contract.notebooks import read_notebook
from autograder.errors import CourseError

MAX_NOTEBOOK_MB = 20
TIMESTAMP_FILE = "timestamp.txt"
MAX_TIMESTAMP_BYTES = 200


@dataclass(frozen=True)
class Submission:
    """Name one submission: who, for which lab, in which folder."""

    student: str
    lab: str
    folder: Path


@dataclass(frozen=True)
class Intake:
    """Hold a submission that may be graded."""

    notebook: NotebookNode
    submitted_at: datetime | None
    digest: str


def find_submissions(submitted: Path, lab: str) -> list[Submission]:
    """Find the submissions for `lab` in nbgrader's layout, `submitted/STUDENT/LAB/`, by student.

    Raise CourseError when the folder is missing or nobody handed this lab in.
    """
    if not submitted.is_dir():
        raise CourseError(
            f"{submitted} is not a folder.",
            mend="Point --submitted at the folder that holds STUDENT/LAB/ folders.",
        )
    students = sorted(p for p in submitted.iterdir() if not p.name.startswith("."))
    found = [Submission(p.name, lab, p / lab) for p in students if os.path.lexists(p / lab)]
    if not found:
        others = sorted({q.name for p in students if p.is_dir() for q in p.iterdir() if q.is_dir()})
        held = f"It holds submissions for: {', '.join(others[:8])}." if others else "It is empty."
        raise CourseError(
            f"Nobody handed in {lab}: no folder {submitted}/STUDENT/{lab}.",
            mend=f"{held} The layout is {submitted}/STUDENT/{lab}/lab.ipynb.",
        )
    return found


def take_in(submission: Submission, notebook_name: str = "lab.ipynb") -> Intake:
    """Read a submission's notebook; raise CourseError with a sentence for the learner."""
    folder = submission.folder
    path = require_plain_files(folder, notebook_name)
    digest = hashlib.sha256(path.read_bytes())
    stamp = read_timestamp(folder)
    digest.update(str(stamp).encode())
    return Intake(read_notebook(path), stamp, digest.hexdigest())


def require_plain_files(folder: Path, notebook_name: str) -> Path:
    """Return the notebook's path in a submission's folder; raise CourseError where it is none.

    Nothing of the notebook is read.
    """
    if folder.is_symlink() or folder.parent.is_symlink():
        raise CourseError(
            "The submission's folder is a link.", mend="Hand in the files themselves."
        )
    if not folder.is_dir():
        raise CourseError(
            f"{folder.name} is a file where a folder is due.",
            mend=f"Hand in a folder {folder.name}/ with {notebook_name} in it.",
        )
    path = folder / notebook_name
    _require_plain_file(path)
    return path


def _require_plain_file(path: Path) -> None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        others = sorted(p.name for p in path.parent.glob("*.ipynb"))
        hint = (
            f"There is {', '.join(others[:3])}; rename it." if others else "Hand in the notebook."
        )
        raise CourseError(f"There is no {path.name} in the submission.", mend=hint) from None
    if not stat.S_ISREG(found.st_mode):
        kind = "a link" if stat.S_ISLNK(found.st_mode) else "not a plain file"
        raise CourseError(f"{path.name} is {kind}.", mend="Hand in the notebook itself.")
    megabytes = found.st_size / (1 << 20)
    if megabytes > MAX_NOTEBOOK_MB:
        raise CourseError(
            f"{path.name} is {megabytes:.0f} MB; {MAX_NOTEBOOK_MB} MB is the most.",
            mend="Clear the outputs (Kernel > Restart and Clear Outputs), save and hand in again.",
        )


def read_timestamp(folder: Path) -> datetime | None:
    """Read nbgrader's timestamp file; an unreadable one counts as none."""
    path = folder / TIMESTAMP_FILE
    try:
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_TIMESTAMP_BYTES:
            return None
        moment: datetime = parse_utc(path.read_text(encoding="utf-8").strip())
    except (OSError, ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC)
