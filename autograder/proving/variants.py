"""The answers a lab is proved against: none, the right one, wrong ones, other right ones."""

import copy
from dataclasses import dataclass
from enum import StrEnum

from nbformat import NotebookNode

from autograder.contract.lab import Lab
from autograder.contract.manifest import Task
from autograder.contract.mutants import apply_alternate, apply_mutant, load_mutants
from autograder.contract.notebooks import grade_id


class Kind(StrEnum):
    """Name what an answer stands for."""

    UNTOUCHED = "untouched"
    HALF = "half"
    SOLUTION = "solution"
    MUTANT = "mutant"
    ALTERNATE = "alternate"


@dataclass(frozen=True)
class Variant:
    """Name one answer to grade; `loses` holds the checks a mutant must lose."""

    kind: Kind
    name: str
    why: str = ""
    loses: frozenset[str] = frozenset()
    hard_codes: bool = False
    """Whether only held-out parameters tell it from a right answer."""

    @property
    def label(self) -> str:
        return self.name if self.kind is Kind.SOLUTION else f"{self.kind} {self.name}".strip()


def list_variants(lab: Lab) -> list[Variant]:
    """List what `lab` is proved against; raise CourseError for a faulty mutants.toml."""
    known = load_mutants(lab)
    return [
        Variant(Kind.SOLUTION, "solution"),
        Variant(Kind.SOLUTION, "solution again"),
        Variant(Kind.UNTOUCHED, ""),
        Variant(Kind.HALF, "done"),
        *(
            Variant(Kind.MUTANT, m.name, m.why, frozenset(m.loses), m.hard_codes)
            for m in known.mutants
        ),
        *(Variant(Kind.ALTERNATE, a.name, a.why) for a in known.alternates),
    ]


def sample(variants: list[Variant], wrong_answers: int, turn: int = 0) -> list[Variant]:
    """Keep everything but the wrong answers, and of those `wrong_answers`, evenly chosen.

    With `turn`, an integer, counting up by one each wrong answer has its turn.
    """
    wrong = [variant for variant in variants if variant.kind is Kind.MUTANT]
    count = min(wrong_answers, len(wrong))
    places = (turn + number * len(wrong) // count for number in range(count))
    chosen = {wrong[place % len(wrong)] for place in places}
    return [v for v in variants if v.kind is not Kind.MUTANT or v in chosen]


def build_notebook_of(lab: Lab, variant: Variant) -> NotebookNode:
    """Return the notebook that a learner with this answer would hand in."""
    known = load_mutants(lab)
    if variant.kind is Kind.UNTOUCHED:
        return lab.starter
    if variant.kind is Kind.HALF:
        return half_done(lab)
    if variant.kind is Kind.MUTANT:
        return apply_mutant(lab, next(m for m in known.mutants if m.name == variant.name))
    if variant.kind is Kind.ALTERNATE:
        return apply_alternate(lab, next(a for a in known.alternates if a.name == variant.name))
    return lab.solution


def first_half(lab: Lab) -> tuple[Task, ...]:
    """Return the tasks that a learner who gets half-way has answered."""
    return lab.manifest.tasks[: (len(lab.manifest.tasks) + 1) // 2]


def half_done(lab: Lab) -> NotebookNode:
    """Return the released notebook with its first half answered right."""
    answered = {answer for task in first_half(lab) for answer in task.answers}
    solution = {grade_id(cell): cell for cell in lab.solution.cells}
    notebook = copy.deepcopy(lab.starter)
    for cell in notebook.cells:
        if grade_id(cell) in answered:
            cell.source = solution[grade_id(cell)].source
    return notebook
