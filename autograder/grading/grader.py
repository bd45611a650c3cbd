"""Grade one notebook: restore, execute with each parameter set, check, score."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import Any

from nbformat import NotebookNode

from autograder.checks import Check, Margin, Ruling, Run, Verdict, judge
from autograder.contract.lab import Lab
from autograder.execution import Confinement
from autograder.execution.kernel import KernelLauncher, launch_plain_kernel
from autograder.execution.run import Execution, executed
from autograder.grading.attempts import attempted_answers
from autograder.grading.restoring import restore
from autograder.grading.tally import Outcome, score_tasks
from autograder.needs.surroundings import NOTHING, Surroundings
from autograder.scoring import RunRecord, Scorecard, Status

NOT_ATTEMPTED = "not attempted yet; that is not wrong"
_DIED = "kernel_died"


@dataclass
class Grading:
    """Hold what grading one notebook found: the card, the executed notebook, the margins."""

    card: Scorecard
    notebook: NotebookNode
    margins: dict[str, tuple[Margin, ...]] = field(default_factory=dict)
    """Check id to the distances from its thresholds, over all runs."""
    kernel_died: bool = False
    """Whether a kernel ended before its time, in a cell or when it was asked."""


def grade_notebook(
    lab: Lab,
    notebook: NotebookNode,
    *,
    student: str,
    confinement: Confinement,
    hidden: bool = True,
    held_out: bool = True,
    launcher: KernelLauncher = launch_plain_kernel,
    around: Surroundings = NOTHING,
) -> Grading:
    """Grade `notebook` as an answer to `lab`.

    With `hidden=False` only the checks that a learner may see count, with `held_out=False` only
    the learner's own parameters are run. `around` is what the lab's needs come to.
    Raise CourseError only for faults of the lab.
    """
    begun = time.monotonic()
    restored = restore(lab, notebook)
    checks = _by_need(lab.checks if hidden else lab.visible_checks)
    idle = _idle_tasks(lab, attempted_answers(lab, notebook))
    outcomes = {
        check.id: Outcome(Ruling(Verdict.UNATTEMPTED, NOT_ATTEMPTED))
        for check in checks
        if check.task in idle
    }
    grading = Grading(_empty_card(lab, student), restored.notebook)
    records: list[RunRecord] = []
    layers: tuple[str, ...] = ()
    sets = lab.parameter_sets() if held_out else lab.parameter_sets()[:1]
    for number, parameters in enumerate(sets):
        todo = [c for c in checks if _still_to_do(c, outcomes.get(c.id), number, idle)]
        if not todo:
            continue
        with (
            around.for_run() as variables,
            executed(
                restored.notebook,
                files={name: lab.path / name for name in lab.manifest.give},
                parameters=parameters,
                limits=lab.manifest.limits,
                confinement=confinement,
                ports=around.ports,
                variables=variables,
                launcher=launcher,
            ) as execution,
        ):
            layers = execution.layers
            _judge_run(lab, todo, execution, parameters, number > 0, outcomes, grading)
            grading.kernel_died |= execution.status == _DIED or execution.probe.died
            if number == 0:
                grading.notebook = execution.notebook
            records.append(_record(parameters, execution, held_out=number > 0))
    tasks = score_tasks(lab.manifest.tasks, checks, outcomes)
    grading.card = grading.card.model_copy(
        update={
            "score": sum(task.points for task in tasks),
            "max_score": sum(task.max_points for task in tasks),
            "tasks": tasks,
            "runs": tuple(records),
            "notes": tuple(restored.notes),
            "layers": layers,
            "seconds": round(time.monotonic() - begun, 2),
        }
    )
    return grading


def _empty_card(lab: Lab, student: str) -> Scorecard:
    return Scorecard(
        student=student,
        lab=lab.manifest.id,
        status=Status.GRADED,
        score=0,
        max_score=lab.max_points,
        grader=f"mlops-course-lab {version('mlops-course-lab')}",
    )


def _by_need(checks: Sequence[Check]) -> list[Check]:
    """Return the checks in their order, each after the one it needs."""
    placed: dict[str, Check] = {}
    waiting = list(checks)
    while waiting:
        ready = [c for c in waiting if not c.needs or f"{c.task}.{c.needs}" in placed]
        if not ready:
            placed.update((c.id, c) for c in waiting)
            break
        placed.update((c.id, c) for c in ready)
        waiting = [c for c in waiting if c.id not in placed]
    return list(placed.values())


def _idle_tasks(lab: Lab, attempted: Iterable[str]) -> set[str]:
    done = set(attempted)
    return {task.id for task in lab.manifest.tasks if not done.intersection(task.answers)}


def _still_to_do(check: Check, outcome: Outcome | None, number: int, idle: set[str]) -> bool:
    if check.task in idle or (number and check.once):
        return False
    return outcome is None or outcome.ruling.verdict is Verdict.PASSED


def _judge_run(
    lab: Lab,
    checks: Sequence[Check],
    execution: Execution,
    parameters: Mapping[str, Any],
    held_out: bool,
    outcomes: dict[str, Outcome],
    grading: Grading,
) -> None:
    run = Run(execution.probe, parameters, execution.notebook, execution.cwd, execution.variables)
    blockers = _broken_answers(lab, execution)
    for check in checks:
        before = {name: outcome.ruling for name, outcome in outcomes.items()}
        ruling = judge(check, run, before)
        if ruling.margins:
            grading.margins[check.id] = grading.margins.get(check.id, ()) + ruling.margins
        if ruling.verdict is not Verdict.PASSED and check.task in blockers:
            ruling = replace(ruling, message=f"{ruling.message} ({blockers[check.task]})")
        if check.id not in outcomes or ruling.verdict is not Verdict.PASSED:
            outcomes[check.id] = Outcome(ruling, held_out)


def _broken_answers(lab: Lab, execution: Execution) -> dict[str, str]:
    """Return, by task, why one of its answer cells did not run to its end."""
    broken = {}
    for task in lab.manifest.tasks:
        for answer in task.answers:
            state = execution.cells.get(answer, "ok")
            if state != "ok":
                broken[task.id] = _in_words(answer, state, execution)
                break
    return broken


def _in_words(answer: str, state: str, execution: Execution) -> str:
    if state == "timeout":
        return f"the cell `{answer}` was stopped, it took too long"
    if state == "kernel_died":
        return f"the kernel died in the cell `{answer}`"
    if state == "not_run":
        return f"the cell `{answer}` was not reached: {_STATUS_WORDS.get(execution.status, '')}"
    return f"the cell `{answer}` ended with {_error_of(execution.notebook, answer)}"


_STATUS_WORDS = {
    "deadline": "the time for the whole notebook was over",
    "stuck": "an earlier cell could not be interrupted",
    "kernel_died": "the kernel had died",
    "memory_limit": "the notebook used more memory than allowed",
    "disk_limit": "the notebook wrote more files than allowed",
}


def _error_of(notebook: NotebookNode, answer: str) -> str:
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == answer:
            for output in cell.get("outputs", []):
                if output.get("output_type") == "error":
                    said = f"{output.get('ename', 'an error')}: {output.get('evalue', '')}"[:200]
                    # It goes to terminals too, which obey control characters.
                    return "".join(c if c.isprintable() else " " for c in said)
    return "an error"


def _record(parameters: Mapping[str, Any], execution: Execution, *, held_out: bool) -> RunRecord:
    return RunRecord(
        parameters=dict(parameters),
        held_out=held_out,
        seconds=execution.seconds,
        memory_mb=execution.peak_memory_mb,
        status=execution.status,
        cells=dict(execution.cells),
    )
