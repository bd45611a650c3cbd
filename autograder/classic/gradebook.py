"""Record a plain nbgrader assignment and its scorecards in a gradebook, as nbgrader would."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import (
    Comment,
    Gradebook,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
)

from autograder.classic.assignment import PlainAssignment
from autograder.classic.cards import BY_HAND, graded_cells, needs_a_human, task_id
from autograder.contract.notebooks import grade_id
from autograder.recording.addresses import driven
from autograder.recording.comments import NO_RESPONSE, inert
from autograder.recording.gradebook import GradebookWriter
from autograder.recording.roster import enrol
from autograder.scoring import Scorecard, Status


def ensure_plain_assignment(
    writer: GradebookWriter, assignment: PlainAssignment, *, duedate: datetime | None = None
) -> None:
    """Make the gradebook know the assignment, its notebooks and cells; points are kept current.

    A due date (UTC) that the course's own gradebook has is taken over, unless one is given.
    """
    book = writer.book
    due = duedate or _due_date(assignment)
    book.update_or_create_assignment(assignment.id, **({"duedate": due} if due else {}))
    for name, master in assignment.masters.items():
        spec = json.dumps(master.metadata.get("kernelspec", {}))
        book.update_or_create_notebook(name, assignment.id, kernelspec=spec)
        for cell in master.cells:
            _write_cell(book, cell, name, assignment.id)


def record_plain(
    writer: GradebookWriter,
    assignment: PlainAssignment,
    card: Scorecard,
    notebooks: Mapping[str, NotebookNode],
    *,
    fresh: bool = True,
) -> None:
    """Write one scorecard: marks, who must be looked at, late penalty; what a human gave stays.

    What was graded by hand is flagged to be looked at again when the card is `fresh`, that is of
    other work than the gradebook has; the flag stays until a human has looked.
    """
    book = writer.book
    when = {"timestamp": card.submitted_at} if card.submitted_at else {}
    with book.db.no_autoflush:
        enrol(book, card.student, writer.roster)
        submission = book.update_or_create_submission(assignment.id, card.student, **when)
    checks = card.checks()
    for name, master in assignment.masters.items():
        row = _row(book, submission, name)
        grades, comments = writer.rows(row)
        for cell in graded_cells(master):
            own = grade_id(cell) or ""
            check = checks.get(task_id(assignment.plan(), name, own))
            if card.status is Status.CRASHED:
                # Nothing new is known. Where a human has marked it, that mark stands.
                mark = grades[own]
                mark.needs_manual_grade = mark.needs_manual_grade or mark.manual_score is None
                continue
            by_hand = check is not None and needs_a_human(check)
            points = check.points if check else 0.0
            grade, old = grades[own], grades[own].auto_score
            unmarked = check is not None and check.message == BY_HAND
            grade.auto_score = None if unmarked else points
            # Whoever marked it by hand looks again, since the answer may be another one.
            again = fresh or old != grade.auto_score or bool(grade.needs_manual_grade)
            grade.needs_manual_grade = by_hand if grade.manual_score is None else again
        _write_comments(comments, notebooks.get(name))
        book.db.commit()
        writer.set_late_penalty(card.student, row, submission.total_seconds_late)


def _row(book: Gradebook, submission: SubmittedAssignment, name: str) -> SubmittedNotebook:
    """Find what stands of one notebook, or begin it where the assignment has got it later."""
    for found in submission.notebooks:
        if found.name == name:
            return found
    with book.db.no_autoflush:
        begun = SubmittedNotebook(
            notebook=book.find_notebook(name, submission.name), assignment=submission
        )
        book.db.add(begun)
    book.db.flush()
    return begun


def _write_comments(comments: Mapping[str, Comment], notebook: NotebookNode | None) -> None:
    for cell in notebook.cells if notebook is not None else []:
        name = grade_id(cell)
        if name is not None and name in comments and not utils.is_task(cell):
            same = cell.metadata.nbgrader.get("checksum") == utils.compute_checksum(cell)
            comments[name].auto_comment = inert(NO_RESPONSE) if same else None


def _write_cell(book: Gradebook, cell: NotebookNode, notebook: str, assignment: str) -> None:
    name = grade_id(cell)
    if name is None:
        return
    facts, where = cell.metadata.nbgrader, (name, notebook, assignment)
    if utils.is_grade(cell):
        book.update_or_create_grade_cell(
            *where, max_score=float(facts["points"]), cell_type=cell.cell_type
        )
    if utils.is_solution(cell):
        book.update_or_create_solution_cell(*where)
    if utils.is_task(cell):
        book.update_or_create_task_cell(
            *where, max_score=float(facts["points"]), cell_type=cell.cell_type
        )
    if utils.is_grade(cell) or utils.is_solution(cell) or utils.is_locked(cell):
        book.update_or_create_source_cell(
            *where,
            cell_type=cell.cell_type,
            locked=utils.is_locked(cell),
            source=cell.source,
            checksum=facts.get("checksum"),
        )


def _due_date(assignment: PlainAssignment) -> Any:
    if assignment.db_url is None:
        return None
    try:
        with Gradebook(driven(assignment.db_url)) as own:
            return own.find_assignment(assignment.id).duedate
    except MissingEntry:
        return None
