"""Who the students are: names from a list or from a course's own gradebook."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry

from autograder.errors import CourseError
from autograder.recording.opening import opened

# nbgrader's own names of columns first, then what others call them.
_COLUMNS = {
    "id": ("id", "student_id", "username", "user_name", "login", "sis_login_id"),
    "first_name": ("first_name", "firstname", "given_name"),
    "last_name": ("last_name", "lastname", "surname", "family_name"),
    "email": ("email", "email_address", "e_mail"),
    "lms_user_id": ("lms_user_id", "lms_id", "canvas_id"),
}


@dataclass(frozen=True)
class Person:
    """Hold what is known of one student; empty where nothing is."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""


Roster = Mapping[str, Person]


def read_roster(path: Path) -> dict[str, Person]:
    """Read a CSV file with a column `id`, and first_name, last_name, email, lms_user_id if there.

    That is what `nbgrader db student import` reads. Raise CourseError where there is no such
    file or column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CourseError(
            f"The roster {path} cannot be read: {error}.", mend="Save it as CSV in UTF-8."
        ) from error
    found = {}
    for row in rows:
        plain = {_plain(key): (value or "").strip() for key, value in row.items() if key}
        facts = {
            name: next((plain[key] for key in keys if plain.get(key)), "")
            for name, keys in _COLUMNS.items()
        }
        if student := facts.pop("id"):
            found[student] = Person(**facts)
    if not found:
        raise CourseError(
            f"The roster {path} names nobody: it needs a column `id` with the folders' names.",
            mend="Write the columns id,first_name,last_name,email,lms_user_id.",
        )
    return found


def roster_of(db_url: str) -> dict[str, Person]:
    """Read the students of a gradebook; those without any name are left out."""
    with opened(db_url) as book:
        people = {
            student.id: Person(
                student.first_name or "",
                student.last_name or "",
                student.email or "",
                student.lms_user_id or "",
            )
            for student in book.students
        }
    return {
        student: person
        for student, person in people.items()
        if (person.first_name or person.last_name) and not _is_stand_in(student, person)
    }


def enrol(book: Gradebook, student: str, roster: Roster) -> None:
    """Make the gradebook know `student`, by name where the roster or the gradebook has one.

    Formgrader shows "None, None" for who has no name; the id stands in for it.
    """
    person = roster.get(student)
    if person is not None:
        known = {name: value for name, value in vars(person).items() if value}
        book.update_or_create_student(student, **{"first_name": "", "last_name": student, **known})
        return
    try:
        row = book.find_student(student)
        named = row.first_name is not None or row.last_name is not None
    except MissingEntry:
        named = False
    if not named:
        book.update_or_create_student(student, first_name="", last_name=student)


def real_name(student: str, first_name: str | None, last_name: str | None) -> tuple[str, str]:
    """Return first and last name, both empty where the id stands in for them."""
    person = Person(first_name or "", last_name or "")
    return ("", "") if _is_stand_in(student, person) else (person.first_name, person.last_name)


def _is_stand_in(student: str, person: Person) -> bool:
    return not person.first_name and person.last_name == student


def _plain(name: str) -> str:
    return "_".join(name.strip().lower().replace("-", " ").split())
