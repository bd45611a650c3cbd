"""Who the learner is: the name under which work is handed in."""

import getpass
import os
import re

from autograder.errors import CourseError
from autograder.paths import CoursePaths

VARIABLE = "LAB_STUDENT"
_NAME = re.compile(r"[^\W_][\w.@-]{0,99}")


def student_name(course: CoursePaths, given: str | None = None) -> str:
    """Return the learner's name: the one given, LAB_STUDENT, the one used last, or the login."""
    kept = course.state / "student"
    candidates = [given, os.environ.get(VARIABLE), _read(kept), os.environ.get("JUPYTERHUB_USER")]
    name = next((text for text in candidates if text), None)
    if name is None:
        try:
            name = getpass.getuser()
        except (KeyError, OSError):
            raise CourseError(
                "Your name is not known here.", mend=f"Add --student NAME, or set {VARIABLE}."
            ) from None
    if not _NAME.fullmatch(name):
        raise CourseError(
            f"{name!r} cannot be a student's name: letters, digits and . _ - @, a letter or digit "
            "first.",
            mend="Add --student NAME.",
        )
    return name


def keep_name(course: CoursePaths, name: str) -> None:
    """Remember the name for the next time."""
    course.state.mkdir(parents=True, exist_ok=True)
    (course.state / "student").write_text(name, encoding="utf-8")


def _read(path: os.PathLike[str]) -> str:
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            return file.read(200).strip()
    except (OSError, UnicodeDecodeError):
        return ""
