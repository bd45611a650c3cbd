"""Read what stands in the gradebook for one submission, human marks included."""

from dataclasses import dataclass, field

from nbgrader.api import Gradebook, MissingEntry

from autograder.recording.assignment import NOTEBOOK


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


def read_marks(book: Gradebook, lab_id: str, student: str) -> Marks:
    """Read the marks of `student` in `lab_id`; empty when the gradebook knows of none."""
    try:
        submission = book.find_submission(lab_id, student)
        notebook = book.find_submission_notebook(NOTEBOOK, lab_id, student)
    except MissingEntry:
        return Marks()
    return Marks(
        points={grade.name: grade.score for grade in notebook.grades},
        comments={c.name: c.manual_comment for c in notebook.comments if c.manual_comment},
        late_penalty=notebook.late_submission_penalty or 0.0,
        seconds_late=submission.total_seconds_late,
        needs_manual_grade=bool(notebook.needs_manual_grade),
    )
