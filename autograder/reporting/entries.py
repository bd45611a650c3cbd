"""Gather what grading left behind: a scorecard and the gradebook's marks per submission."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from autograder.contract.lab import Lab
from autograder.errors import CourseError
from autograder.grading.layout import OutputLayout
from autograder.recording.marks import Marks, read_marks
from autograder.recording.opening import opened
from autograder.reporting.subject import Subject
from autograder.scoring import Scorecard, read_scorecard


@dataclass(frozen=True)
class Entry:
    """Hold one submission's scorecard, its marks, and where its pages lie, seen from the report."""

    card: Scorecard
    marks: Marks = field(default_factory=Marks)
    scorecard_link: str = ""
    feedback_link: str = ""

    @property
    def score(self) -> float:
        """Return the points that count: with what humans gave, and what lateness took."""
        return self.marks.score if self.marks.points else self.card.score

    @property
    def late(self) -> bool:
        return self.marks.seconds_late > 0


def gather(lab: Lab | Subject, layout: OutputLayout) -> list[Entry]:
    """Read every scorecard of `lab` below an output folder, by student.

    Raise CourseError when there is none. A gradebook that is missing leaves the marks empty.
    """
    lab_id = lab.id
    paths = layout.scorecards(lab_id)
    if not paths:
        raise CourseError(
            f"{layout.root} holds no scorecard of {lab_id}.",
            mend=f"Grade first: lab grade {lab_id} --output {layout.root}",
        )
    cards = [read_scorecard(path) for path in paths]
    marks = _marks(layout, lab_id, [card.student for card in cards])
    return [
        Entry(
            card,
            marks.get(card.student, Marks()),
            _link(path, layout.report(lab_id).parent),
            _link(_feedback(layout, card.student, lab_id), layout.report(lab_id).parent),
        )
        for card, path in zip(cards, paths, strict=True)
    ]


def _marks(layout: OutputLayout, lab_id: str, students: list[str]) -> dict[str, Marks]:
    if not layout.has_gradebook:
        return {}
    with opened(layout.gradebook_url) as book:
        return {student: read_marks(book, lab_id, student) for student in students}


def _feedback(layout: OutputLayout, student: str, lab_id: str) -> Path:
    """Name the page of a lab, or the first of an assignment's several."""
    page = layout.feedback(student, lab_id)
    return page if page.is_file() else next(iter(sorted(page.parent.glob("*.html"))), page)


def _link(path: Path, start: Path) -> str:
    """Give the address of `path` on a page in the folder `start`; nothing where there is none."""
    if not path.is_file():
        return ""
    return quote(Path(os.path.relpath(path, start)).as_posix())
