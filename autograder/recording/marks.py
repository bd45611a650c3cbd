"""Read what stands in the gradebook for one submission, human marks included."""

from dataclasses import dataclass, field

from nbgrader.api import Gradebook, MissingEntry


@dataclass(frozen=True)
class Marks:
    """Hold a submission's marks: points by grade cell, manual comments by answer cell, lateness."""

    points: dict[str, float] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    late_penalty: float = 0.0
    seconds_late: float = 0.0
    needs_manual_grade: bool = False

    @property
    def score(self) -> float:
        """Return the points that count, late penalty off."""
        return max(0.0, sum(self.points.values()) - self.late_penalty)


def read_marks(book: Gradebook, lab_id: str, student: str, *, notebook: str | None = None) -> Marks:
    """Read the marks of `student` in `lab_id`; empty when the gradebook knows of none.

    Of an assignment with several notebooks all count, each cell named `NOTEBOOK.CELL`, unless
    one `notebook` is asked for.
    """
    try:
        submission = book.find_submission(lab_id, student)
    except MissingEntry:
        return Marks()
    rows = [row for row in submission.notebooks if notebook in (None, row.name)]
    several = len(rows) > 1
    points: dict[str, float] = {}
    comments: dict[str, str] = {}
    for row in rows:
        prefix = f"{row.name}." if several else ""
        points |= {prefix + grade.name: grade.score for grade in row.grades}
        comments |= {prefix + c.name: c.manual_comment for c in row.comments if c.manual_comment}
    return Marks(
        points=points,
        comments=comments,
        late_penalty=sum(row.late_submission_penalty or 0.0 for row in rows),
        seconds_late=submission.total_seconds_late,
        needs_manual_grade=any(bool(row.needs_manual_grade) for row in rows),
    )


def marks_by_hand(book: Gradebook, lab_id: str, student: str) -> dict[str, float]:
    """Return the marks that a human gave `student` in `lab_id`, by grade cell; they count."""
    try:
        submission = book.find_submission(lab_id, student)
    except MissingEntry:
        return {}
    rows = (grade for notebook in submission.notebooks for grade in notebook.grades)
    return {row.name: row.manual_score for row in rows if row.manual_score is not None}
