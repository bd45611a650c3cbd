"""Hand-ins of every kind for any lab: right, half, wrong, slow, crashing, cheating, corrupt."""

import ast
import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from autograder.contract.lab import Lab
from autograder.contract.manifest import Task
from autograder.contract.notebooks import grade_id
from autograder.proving.variants import (
    Kind,
    Variant,
    build_notebook_of,
    first_half,
    half_done,
    list_variants,
)

DUE = "2026-03-01 18:00:00.000000 UTC"
IN_TIME, TOO_LATE = "2026-03-01 16:20:00.000000 UTC", "2026-03-02 09:15:00.000000 UTC"

_SLOW = """
def _for_ever(*args, **kwargs):
    import time
    while True:
        time.sleep(1)
{names} = _for_ever
"""
_CRASH = "\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"
_CHEAT = """
# Every test passes if it never runs, and every comparison holds if equality says so.
import ast, builtins, sys
class Agreeable(float):
    def __eq__(self, other): return True
    def __ge__(self, other): return True
class NoAsserts(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
get_ipython().ast_transformers.append(NoAsserts())
score = check = lambda *a, **k: Agreeable(1e9)
for name in list(sys.modules):
    if name.startswith("autograder.checks"):
        sys.modules[name].judge = lambda *a, **k: "passed"
get_ipython().register_magic_function(lambda line: Agreeable(1e9), "line", "score")
print("score: 100 of 100")
"""


@dataclass(frozen=True)
class HandIn:
    """Hold what one learner of the demo hands in, and the score it should get."""

    student: str
    lab: str
    story: str
    content: str
    due_score: float
    timestamp: str = IN_TIME


def hand_ins(
    lab: Lab, *, wrong_answers: int | None = None, endless: bool = True
) -> Iterator[HandIn]:
    """Yield one hand-in of every kind for `lab`, and its wrong answers: all, or evenly chosen.

    One that never ends is waited for; without `endless` a right answer in another form comes in
    its place.
    """
    name = lab.manifest.id
    prefix = name.split("_")[0] if name[0].isdigit() else name.split("_")[0][:2]

    def one(
        who: str, story: str, notebook: NotebookNode | str, score: float, **more: str
    ) -> HandIn:
        text = notebook if isinstance(notebook, str) else nbformat.writes(notebook)
        return HandIn(f"{prefix}_{who}", name, story, text, score, **more)

    yield one("ada", "all right", lab.solution, lab.max_points)
    yield one("late", "all right, a day late", lab.solution, lab.max_points, timestamp=TOO_LATE)
    points = sum(task.points for task in first_half(lab))
    yield one("half", "half done", half_done(lab), points)
    yield one("idle", "untouched", lab.starter, 0)
    last = lab.manifest.tasks[-1]
    if endless:
        # First by name: the others are graded while it waits to be stopped.
        yield one("abe", f"{last.id} never ends", _slow(lab, last), lab.max_points - last.points)
    else:
        other = next(v for v in list_variants(lab) if v.kind is Kind.ALTERNATE)
        answer = build_notebook_of(lab, other)
        yield one("alma", f"all right, otherwise: {other.name}", answer, lab.max_points)
    yield one("boom", "kills its own kernel", _crashing(lab, last), 0)
    yield one("torn", "not a notebook", lab_text(lab)[:-200], 0)
    wrong = [v for v in list_variants(lab) if v.kind is Kind.MUTANT]
    yield one(
        "mole", f"cheats around: {wrong[0].name}", _cheating(lab, wrong[0]), _due(lab, wrong[0])
    )
    count = len(wrong) if wrong_answers is None else min(wrong_answers, len(wrong))
    chosen = [wrong[number * len(wrong) // max(1, count)] for number in range(count)]
    for number, variant in enumerate(chosen, start=1):
        notebook = build_notebook_of(lab, variant)
        yield one(f"err{number:02d}", f"wrong: {variant.name}", notebook, _due(lab, variant))


def lab_text(lab: Lab) -> str:
    """Return the text of a lab's right answer."""
    return str(nbformat.writes(lab.solution))


def _due(lab: Lab, variant: Variant) -> float:
    return float(sum(check.points for check in lab.checks if check.id not in variant.loses))


def _slow(lab: Lab, task: Task) -> NotebookNode:
    def never_ends(source: str) -> str:
        functions = _functions(source)
        if not functions:
            return f"import time\nwhile True:\n    time.sleep(1)\n{source}"
        return source + _SLOW.format(names=" = ".join(functions))

    return _edited(lab, task, never_ends)


def _crashing(lab: Lab, task: Task) -> NotebookNode:
    return _edited(lab, task, lambda source: source + _CRASH)


def _cheating(lab: Lab, variant: Variant) -> NotebookNode:
    notebook = copy.deepcopy(build_notebook_of(lab, variant))
    notebook.cells.append(nbformat.v4.new_code_cell(_CHEAT))
    for cell in notebook.cells:
        if "points" in cell.metadata.get("nbgrader", {}):
            cell.metadata["nbgrader"]["points"] = 1000
            cell.source = "1000"
    return notebook


def _edited(lab: Lab, task: Task, edit: Callable[[str], str]) -> NotebookNode:
    notebook = copy.deepcopy(lab.solution)
    for cell in notebook.cells:
        if grade_id(cell) == task.answers[-1]:
            cell.source = edit(cell.source)
    return notebook


def _functions(source: str) -> list[str]:
    """List the functions that a cell defines, in their order."""
    return [n.name for n in ast.parse(source).body if isinstance(n, ast.FunctionDef)]
