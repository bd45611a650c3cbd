"""Write scorecards into nbgrader's gradebook, one writer at a time."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from nbgrader.api import Comment, Grade, Gradebook, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config

from autograder.checks.verdict import Verdict
from autograder.recording.assignment import NOTEBOOK, ensure_assignment
from autograder.recording.comments import task_comment
from autograder.recording.opening import NBGRADER_COURSE, explaining, opened
from autograder.recording.roster import Roster, enrol
from autograder.recording.turns import Turn, turns_at
from autograder.scoring import Scorecard, Status, TaskScore, redacted

if TYPE_CHECKING:
    from autograder.contract import Lab


@dataclass
class GradebookWriter:
    """Record scorecards in an open gradebook; get one from `writing`."""

    book: Gradebook
    config: Config = field(default_factory=Config)
    roster: Roster = field(default_factory=dict)
    take_turn: Turn = nullcontext

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Write without anybody else who takes turns; see what others wrote before."""
        with self.take_turn():
            self.book.db.rollback()  # it remembers what it read; the database may know better
            yield

    def ensure_assignment(self, lab: "Lab", *, duedate: datetime | None = None) -> None:
        """Make the gradebook know `lab`; call it once before recording. `duedate` is UTC."""
        with self.turn():
            ensure_assignment(self.book, lab, duedate=duedate)

    def record(self, lab: "Lab", card: Scorecard) -> None:
        """Write one scorecard: marks, comments and late penalty; what a human gave stays.

        A submission whose grading crashed keeps the marks it had and is flagged for a human.
        """
        with self.turn():
            self._record(lab, card)

    def _record(self, lab: "Lab", card: Scorecard) -> None:
        enrol(self.book, card.student, self.roster)
        when = {"timestamp": card.submitted_at} if card.submitted_at else {}
        with self.book.db.no_autoflush:  # nbgrader reads while it builds, and SQLAlchemy warns
            submission = self.book.update_or_create_submission(card.lab, card.student, **when)
        notebook = next(nb for nb in submission.notebooks if nb.name == NOTEBOOK)
        grades, comments = self.rows(notebook)
        scores = {task.id: task for task in redacted(card).tasks}
        for task in lab.manifest.tasks:
            score = scores.get(task.id) or _nothing(task)
            _set_mark(grades[task.id], score, crashed=card.status is Status.CRASHED)
            words = task_comment(redacted(card), score)
            for cell in task.answers:
                if cell in comments:
                    comments[cell].auto_comment = words
        self.book.db.commit()
        self.set_late_penalty(card.student, notebook, submission.total_seconds_late)

    def rows(self, notebook: SubmittedNotebook) -> tuple[dict[str, Grade], dict[str, Comment]]:
        """Give the grade and comment rows by cell name, adding those of cells that are new."""
        grades = {grade.name: grade for grade in notebook.grades}
        comments = {comment.name: comment for comment in notebook.comments}
        master = notebook.notebook
        for cell in (*master.grade_cells, *master.task_cells):
            if cell.name not in grades:
                grades[cell.name] = Grade(cell_id=cell.id, notebook=notebook)
                self.book.db.add(grades[cell.name])
        for cell in (*master.solution_cells, *master.task_cells):
            if cell.name not in comments:
                comments[cell.name] = Comment(cell_id=cell.id, notebook=notebook)
                self.book.db.add(comments[cell.name])
        return grades, comments

    def set_late_penalty(
        self, student: str, notebook: SubmittedNotebook, seconds_late: float
    ) -> None:
        """Ask nbgrader's late submission plugin, as its AssignLatePenalties step does."""
        penalty = None
        if seconds_late > 0:
            step = AssignLatePenalties(config=self.config)
            step.init_plugin()
            asked = step.plugin_inst.late_submission_penalty(student, notebook.score, seconds_late)
            if asked is not None:
                penalty = min(max(float(asked), 0.0), notebook.score)
        notebook.late_submission_penalty = penalty
        self.book.db.commit()


@contextmanager
def writing(
    db_url: str,
    *,
    config: Config | None = None,
    roster: Roster | None = None,
    course_id: str = NBGRADER_COURSE,
    lock_seconds: float = 30.0,
) -> Iterator[GradebookWriter]:
    """Open the gradebook at `db_url` to write to it; raise CourseError when it cannot be.

    `config` is nbgrader's (nbgrader_config.py), for its late submission plugin; `roster` tells
    the students' names. Whatever is written is written in turns, so several graders may have the
    gradebook open: another's turn is waited for `lock_seconds` seconds.
    """
    with explaining(db_url), ExitStack() as stack:
        take_turn = stack.enter_context(turns_at(db_url, lock_seconds=lock_seconds))
        with take_turn():
            book = stack.enter_context(opened(db_url, course_id=course_id))
        yield GradebookWriter(book, config or Config(), roster or {}, take_turn)


def _set_mark(grade: Any, score: TaskScore, *, crashed: bool) -> None:
    """Set what the grader found; what a human gave stays, and counts."""
    by_hand = grade.manual_score is not None
    if crashed:
        # Nothing new is known. Where a human has marked it, that mark stands.
        grade.needs_manual_grade = grade.needs_manual_grade or not by_hand
        return
    # A human marked what the grader found before; when that changes, the human looks again, and
    # until then the flag stays, however often the same card is recorded.
    changed = grade.auto_score != score.points
    grade.auto_score = float(score.points)
    grade.needs_manual_grade = by_hand and (changed or bool(grade.needs_manual_grade))


def _nothing(task: Any) -> TaskScore:
    """Give the score of a task that the card does not hold: its submission was rejected."""
    return TaskScore(
        id=task.id,
        title=task.title,
        verdict=Verdict.NOT_RUN,
        points=0.0,
        max_points=task.points,
        checks=(),
    )
