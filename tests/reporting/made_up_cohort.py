"""A made-up cohort whose mistakes and copies are known beforehand; no kernel is needed."""

import random
from datetime import UTC, datetime, timedelta

import nbformat
from nbformat import NotebookNode

from autograder.contract.lab import Lab
from autograder.contract.mutants import apply_mutant, load_mutants
from autograder.contract.notebooks import cells_by_grade_id
from autograder.grading.layout import OutputLayout
from autograder.recording import sqlite_url, writing
from autograder.scoring import CheckScore, RunRecord, Scorecard, Status, TaskScore, write_scorecard

DUE = datetime(2027, 3, 12, 18, tzinfo=UTC)


def make_cohort(lab: Lab, layout: OutputLayout, mistakes: dict[str, int], right: int) -> list[str]:
    """Lay out a cohort: so many with each mistake, `right` ones, one copy, failures; list them."""
    dice = random.Random(20270312)
    known = {mutant.name: mutant for mutant in load_mutants(lab).mutants}
    cohort: list[tuple[str, NotebookNode, frozenset[str]]] = []
    for name, count in mistakes.items():
        for number in range(count):
            notebook = apply_mutant(lab, known[name])
            cohort.append((f"{name[:12]}-{number:02d}", notebook, frozenset(known[name].loses)))
    cohort += [(f"right-{number:02d}", lab.solution, frozenset()) for number in range(right)]
    layout.root.mkdir(parents=True)
    with writing(sqlite_url(layout.gradebook)) as book:
        book.ensure_assignment(lab, duedate=DUE.replace(tzinfo=None))
        for student, notebook, lost in cohort:
            own = in_their_own_hand(lab, notebook, dice)
            _write(layout, lab, student, own, _card(lab, student, lost, dice), book)
        copied = cohort[0]
        for student in ("copy-one", "copy-two"):
            odd = _odd(lab, copied[1])
            _write(layout, lab, student, odd, _card(lab, student, copied[2], dice), book)
        for student, status, why in (
            ("torn", "rejected", "lab.ipynb: is not a notebook: no JSON at line 3, column 9."),
            ("unlucky", "crashed", "The grader's own process for this submission died."),
        ):
            card = _card(lab, student, frozenset(), dice).model_copy(
                update={
                    "status": Status(status),
                    "problem": why,
                    "tasks": (),
                    "runs": (),
                    "score": 0,
                }
            )
            write_scorecard(card, layout.scorecard(student, lab.id))
            book.record(lab, card)
    return [student for student, _, _ in cohort]


def in_their_own_hand(lab: Lab, notebook: NotebookNode, dice: random.Random) -> NotebookNode:
    """Rename what a learner names, and comment, so that no two look the same."""
    own = nbformat.from_dict(notebook)
    answers = {name for task in lab.manifest.tasks for name in task.answers}
    own.cells = [nbformat.from_dict(dict(cell)) for cell in notebook.cells]
    for name, cell in cells_by_grade_id(own).items():
        if name in answers:
            cell.source = f"# my answer, {dice.random():.6f}\n{cell.source}"
    return own


def _odd(lab: Lab, notebook: NotebookNode) -> NotebookNode:
    own = in_their_own_hand(lab, notebook, random.Random(1))
    odd = "\n".join(
        f"helper_{n} = [row ** {n} - other / {n + 1} for row, other in zip(range({n}), 'x' * {n})]"
        for n in range(6)
    )
    own.cells.append(nbformat.v4.new_code_cell(odd))
    return own


def _card(lab: Lab, student: str, lost: frozenset[str], dice: random.Random) -> Scorecard:
    tasks = []
    for task in lab.manifest.tasks:
        checks = tuple(
            CheckScore(
                id=check.id,
                verdict="failed" if check.id in lost else "passed",
                points=0.0 if check.id in lost else check.points,
                max_points=check.points,
                hidden=check.hidden,
                message="is not what was due" if check.id in lost else "",
            )
            for check in lab.checks
            if check.task == task.id
        )
        verdict = "failed" if any(c.id in lost for c in checks) else "passed"
        earned, most = sum(c.points for c in checks), sum(c.max_points for c in checks)
        tasks.append(
            TaskScore(
                id=task.id,
                title=task.title,
                verdict=verdict,
                points=earned,
                max_points=most,
                checks=checks,
            )
        )
    seconds = round(dice.lognormvariate(0.6, 0.4), 2)
    run = RunRecord(
        parameters={},
        held_out=False,
        seconds=seconds,
        memory_mb=round(dice.uniform(180, 320), 1),
        status="completed",
        cells={},
    )
    return Scorecard(
        student=student,
        lab=lab.id,
        status="graded",
        score=sum(task.points for task in tasks),
        max_score=lab.max_points,
        submitted_at=DUE + timedelta(hours=6 - dice.expovariate(1 / 40)),
        tasks=tuple(tasks),
        runs=(run,),
        seconds=seconds + 0.4,
    )


def _write(
    layout: OutputLayout, lab: Lab, student: str, notebook: NotebookNode, card: Scorecard, book
) -> None:
    path = layout.executed(student, lab.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    write_scorecard(card, layout.scorecard(student, lab.id))
    book.record(lab, card)
