"""Hand marks over as the CSV files that learning platforms take, and as JSON lines."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from nbgrader.api import Gradebook, MissingEntry

from autograder.errors import CourseError
from autograder.recording.roster import real_name
from autograder.reporting.entries import Entry

NBGRADER_COLUMNS = (
    "assignment",
    "duedate",
    "timestamp",
    "student_id",
    "last_name",
    "first_name",
    "email",
    "raw_score",
    "late_submission_penalty",
    "score",
    "max_score",
)
# A spreadsheet takes a cell that begins with one of these for a formula and runs it.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True)
class GradeRow:
    """Hold one student's mark for one lab, as the gradebook has it; times are UTC."""

    student_id: str
    assignment: str
    duedate: datetime | None
    timestamp: datetime | None
    last_name: str
    first_name: str
    email: str
    lms_user_id: str
    raw_score: float
    late_submission_penalty: float
    score: float
    max_score: float

    @property
    def name(self) -> str:
        """Return "Last, First", or the id where no name is known."""
        first, last = self.real_name
        return ", ".join(filter(None, (last, first))) or self.student_id

    @property
    def real_name(self) -> tuple[str, str]:
        """Return first and last name, empty where the gradebook has the id in their place."""
        return real_name(self.student_id, self.first_name, self.last_name)


def grade_rows(book: Gradebook, lab_id: str) -> list[GradeRow]:
    """Read the marks of every student for `lab_id`; who handed nothing in has 0."""
    try:
        assignment = book.find_assignment(lab_id)
    except MissingEntry:
        raise CourseError(
            f"The gradebook knows of no lab {lab_id}.", mend=f"Grade first: lab grade {lab_id}"
        ) from None
    return [_row(book, assignment, student) for student in book.students]


def _row(book: Gradebook, assignment: Any, student: Any) -> GradeRow:
    raw = penalty = 0.0
    stamp = None
    try:
        found = book.find_submission(assignment.name, student.id)
        raw, penalty, stamp = found.score, found.late_submission_penalty, found.timestamp
    except MissingEntry:
        pass
    return GradeRow(
        student_id=student.id,
        assignment=assignment.name,
        duedate=assignment.duedate,
        timestamp=stamp,
        last_name=student.last_name or "",
        first_name=student.first_name or "",
        email=student.email or "",
        lms_user_id=student.lms_user_id or "",
        raw_score=raw,
        late_submission_penalty=penalty,
        score=max(0.0, raw - penalty),
        max_score=assignment.max_score,
    )


def as_nbgrader_csv(rows: Iterable[GradeRow]) -> str:
    """Give the columns of `nbgrader export`."""
    return _csv(NBGRADER_COLUMNS, ([getattr(row, c) for c in NBGRADER_COLUMNS] for row in rows))


def as_canvas_csv(rows: Sequence[GradeRow]) -> str:
    """Give what Canvas takes under Grades > Import: a column per assignment, points beneath."""
    title = rows[0].assignment if rows else "assignment"
    points = rows[0].max_score if rows else ""
    head = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", title)
    body = ([r.name, r.lms_user_id, "", r.student_id, "", r.score] for r in rows)
    return _csv(head, [["    Points Possible", "", "", "", "", points], *body])


def as_moodle_csv(rows: Sequence[GradeRow]) -> str:
    """Give what Moodle takes under Grades > Import > CSV: people by username, one grade column."""
    title = f"Assignment: {rows[0].assignment} (Real)" if rows else "Assignment"
    head = ("username", "First name", "Last name", "Email address", title)
    return _csv(head, ([r.student_id, *r.real_name, r.email, r.score] for r in rows))


def as_blackboard_csv(rows: Sequence[GradeRow]) -> str:
    """Give what Blackboard takes under Gradebook > Upload: people by user name, every cell quoted.

    A column that the course does not know yet becomes a new one.
    """
    title = f"{rows[0].assignment} [Total Pts: {rows[0].max_score:g} Score]" if rows else "Score"
    head = ("Last Name", "First Name", "Username", title)
    body = ([r.real_name[1], r.real_name[0], r.student_id, r.score] for r in rows)
    return _csv(head, body, quoting=csv.QUOTE_ALL)


def as_classroom_csv(rows: Sequence[GradeRow]) -> str:
    """Give a sheet laid out as the one that Google Classroom downloads, points in a row of theirs.

    Classroom itself imports no file: its add-ons and the sheet's own formulas read this.
    """
    title = rows[0].assignment if rows else "assignment"
    due = rows[0].duedate if rows else None
    head = ("Last Name", "First Name", "Email Address", title)
    top: list[list[Any]] = [
        ["Date", "", "", due.strftime("%Y-%m-%d") if due else ""],
        ["Points", "", "", rows[0].max_score if rows else ""],
    ]
    # Classroom knows people by their address alone; without one the id stands there.
    body = ([r.real_name[1], r.real_name[0], r.email or r.student_id, r.score] for r in rows)
    return _csv(head, [*top, *body])


def as_plain_csv(rows: Sequence[GradeRow]) -> str:
    """Give student, score and possible points, and nothing else."""
    return _csv(
        ("student_id", "score", "max_score"), ([r.student_id, r.score, r.max_score] for r in rows)
    )


def as_json_lines(entries: Iterable[Entry]) -> str:
    """Give one JSON object a line and submission: the scorecard, and the mark that counts."""
    return "".join(
        json.dumps(
            {
                **entry.card.model_dump(mode="json"),
                "final_score": entry.score,
                "late_seconds": entry.marks.seconds_late,
                "late_penalty": entry.marks.late_penalty,
                "needs_manual_grade": entry.marks.needs_manual_grade,
            }
        )
        + "\n"
        for entry in entries
    )


CSV_FORMATS: dict[str, Callable[[list[GradeRow]], str]] = {
    "csv": as_nbgrader_csv,
    "canvas": as_canvas_csv,
    "moodle": as_moodle_csv,
    "blackboard": as_blackboard_csv,
    "classroom": as_classroom_csv,
    "plain": as_plain_csv,
}


def harmless(value: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would run as a formula.

    Control characters become spaces: a line break within a name would tear its row apart.
    """
    if isinstance(value, str):
        plain = _CONTROL.sub(" ", value).encode("utf-8", "replace").decode()
        return f"'{plain}" if plain.lstrip(" ").startswith(_FORMULA) else plain
    return "" if value is None else value


def _csv(
    head: Iterable[str],
    rows: Iterable[Iterable[Any]],
    *,
    quoting: Literal[0, 1] = csv.QUOTE_MINIMAL,
) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=quoting)
    writer.writerow([harmless(cell) for cell in head])
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue()
