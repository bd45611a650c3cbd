"""Whom a course knows by name."""

from pathlib import Path

from autograder.classic.assignment import existing_gradebook
from autograder.classic.settings import load_config
from autograder.errors import CourseError
from autograder.recording.roster import Roster, read_roster, roster_of


def known_students(course: Path, roster: Path | None = None) -> Roster:
    """Return the students by id: those of the course's own gradebook, then those of `roster`.

    The gradebook is nbgrader's (`nbgrader db student import`), `roster` a CSV file. A gradebook
    that cannot be read costs the names alone; a roster that cannot raises CourseError.
    """
    named = read_roster(roster) if roster is not None else {}
    url = existing_gradebook(course, load_config(course))
    try:
        return {**(roster_of(url) if url else {}), **named}
    except CourseError:
        return named
