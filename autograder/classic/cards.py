"""Make a scorecard of what grading a plain nbgrader submission gave."""

from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import version

from nbformat import NotebookNode
from nbgrader import utils

from autograder.checks.verdict import Verdict
from autograder.classic.assignment import Plan
from autograder.classic.grading import FORGED, ClassicGrade, ClassicResult
from autograder.contract.notebooks import grade_id
from autograder.scoring import CheckScore, RunRecord, Scorecard, Status, TaskScore

BY_HAND = "a person grades this"
_HIDDEN_TESTS = "### BEGIN HIDDEN TESTS"
_WORDS = {
    "timeout": "stopped, it took too long",
    "kernel_died": "the kernel died in it",
    "not_run": "not reached",
    "output_limit": "stopped, it wrote too much",
    FORGED: "may be forged",
}


def card_of(
    plan: Plan,
    student: str,
    results: Mapping[str, ClassicResult],
    problems: Mapping[str, str],
    *,
    submitted_at: datetime | None = None,
) -> Scorecard:
    """Sum up the notebooks of one submission; `problems` says why some could not be graded."""
    tasks = []
    for name, master in plan.masters.items():
        result = results.get(name)
        grades = {grade.cell: grade for grade in result.grades} if result else {}
        for cell in graded_cells(master):
            tasks.append(_task(plan, name, cell, grades.get(grade_id(cell) or "")))
    return Scorecard(
        student=student,
        lab=plan.id,
        status=Status.GRADED if results else Status.REJECTED,
        problem="" if results else "; ".join(problems.values()),
        score=sum(task.points for task in tasks),
        max_score=sum(task.max_points for task in tasks),
        submitted_at=submitted_at,
        tasks=tuple(tasks) if results else (),
        runs=tuple(_record(result) for result in results.values()),
        notes=tuple(problems.values()) if results else (),
        layers=next((result.layers for result in results.values()), ()),
        seconds=round(sum(result.seconds for result in results.values()), 2),
        grader=f"mlops-course-lab {version('mlops-course-lab')}, in-kernel tests",
    )


def task_id(plan: Plan, notebook: str, cell: str) -> str:
    """Name a graded cell: by its id alone where the assignment has one notebook."""
    return cell if len(plan.masters) == 1 else f"{notebook}.{cell}"


def graded_cells(master: NotebookNode) -> list[NotebookNode]:
    """List the cells that carry points, in their order."""
    return [cell for cell in master.cells if utils.is_grade(cell) or utils.is_task(cell)]


def card_of_notebook(plan: Plan, notebook: str, card: Scorecard) -> Scorecard:
    """Give the part of `card` that is about one notebook, its tasks named by their cells."""
    if len(plan.masters) == 1:
        return card
    prefix = f"{notebook}."
    tasks = tuple(
        task.model_copy(update={"id": task.id.removeprefix(prefix)})
        for task in card.tasks
        if task.id.startswith(prefix)
    )
    return card.model_copy(
        update={
            "tasks": tasks,
            "score": sum(task.points for task in tasks),
            "max_score": sum(task.max_points for task in tasks),
        }
    )


def needs_a_human(check: CheckScore) -> bool:
    """Tell whether a person must grade what `check` stands for."""
    return check.message == BY_HAND or check.message.startswith(_WORDS[FORGED])


def _task(plan: Plan, notebook: str, cell: NotebookNode, grade: ClassicGrade | None) -> TaskScore:
    name = task_id(plan, notebook, grade_id(cell) or "")
    found = grade or ClassicGrade(name, 0.0, float(cell.metadata["nbgrader"]["points"]), "not_run")
    verdict = _verdict(cell, found)
    check = CheckScore(
        id=name,
        verdict=verdict,
        points=found.points or 0.0,
        max_points=found.max_points,
        hidden=_HIDDEN_TESTS in cell.source,
        message="" if verdict is Verdict.PASSED else _message(found),
    )
    return TaskScore(
        id=name,
        title=name.replace("_", " ").replace("-", " "),
        verdict=verdict,
        points=check.points,
        max_points=check.max_points,
        checks=(check,),
    )


def _verdict(cell: NotebookNode, grade: ClassicGrade) -> Verdict:
    if grade.points is None:
        return Verdict.NOT_RUN
    if utils.is_solution(cell):
        return Verdict.UNATTEMPTED
    if grade.state == "not_run":
        return Verdict.NOT_RUN
    if grade.state in ("timeout", "kernel_died", "output_limit"):
        return Verdict.ERRORED
    if grade.state == "ok" and grade.points >= grade.max_points:
        return Verdict.PASSED
    if grade.message.startswith("NotImplementedError"):
        return Verdict.UNATTEMPTED
    return Verdict.FAILED


def _message(grade: ClassicGrade) -> str:
    if grade.points is None:
        return BY_HAND
    return ": ".join(filter(None, (_WORDS.get(grade.state, ""), grade.message)))


def _record(result: ClassicResult) -> RunRecord:
    return RunRecord(
        parameters={},
        held_out=False,
        seconds=result.seconds,
        memory_mb=result.memory_mb,
        status=result.status,
        cells=dict(result.cells or {}),
    )
