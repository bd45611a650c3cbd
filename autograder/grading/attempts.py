"""Tell by form which answers a learner has begun: no kernel is needed for that."""

import ast
from collections.abc import Mapping
from typing import Any

from autograder.contract.lab import Lab
from autograder.contract.notebooks import cells_by_grade_id, grade_id, is_answer
from autograder.contract.syntax import bound_names, parsed
from autograder.grading.restoring import restore

# A larger cell is somebody's work, whatever it holds; parsing it would cost more than a run.
_LARGEST_PARSED = 200_000


def attempted_answers(lab: Lab, notebook: Mapping[str, Any]) -> set[str]:
    """Return the ids of the answer cells that differ from the starter's by more than their looks.

    Comments, blank lines, docstrings and placeholders (`pass`, `...`, `raise NotImplementedError`)
    do not count. An answer given elsewhere does: a cell of the learner's own, or another answer
    that was begun, which binds a name that this answer is to bind.
    """
    restored = restore(lab, notebook).notebook
    released = {
        name: cell.source
        for name, cell in cells_by_grade_id(lab.starter).items()
        if is_answer(cell)
    }
    played = {cell.source for cell in lab.starter.cells if grade_id(cell) is None}
    begun: set[str] = set()
    bound: set[str] = set()
    for cell in restored.cells:
        name = grade_id(cell)
        if name in released and _is_begun(cell, released[name]):
            begun.add(name)
        theirs = name is None and cell.source not in played
        if cell.cell_type == "code" and (theirs or name in begun):
            bound |= _names_of(cell.source)
    asked = _names_asked(lab)
    return begun | {name for name in released if asked[name] & bound}


def _is_begun(cell: Mapping[str, Any], released: str) -> bool:
    source: str = cell["source"]
    if source.split() == released.split():
        return False
    if cell["cell_type"] != "code":
        return bool(source.strip())
    theirs = _form(source)
    return theirs is None or (theirs != _form(released) and theirs != "")


def _form(source: str) -> str | None:
    """Give what a cell does in one string, empty where it does nothing; None if it is no Python."""
    tree = parsed(source) if len(source) <= _LARGEST_PARSED else None
    if tree is None:
        return None
    try:
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            if isinstance(body, list):
                node.body = [step for step in body if not _is_idle(step)]  # type: ignore[attr-defined]
        return "\n".join(ast.dump(step) for step in tree.body)
    except RecursionError:
        return None


def _is_idle(step: ast.stmt) -> bool:
    if isinstance(step, ast.Expr):
        return isinstance(step.value, ast.Constant)
    if isinstance(step, ast.Raise):
        error = step.exc.func if isinstance(step.exc, ast.Call) else step.exc
        return isinstance(error, ast.Name) and error.id == "NotImplementedError"
    return isinstance(step, ast.Pass)


def _names_of(source: str) -> set[str]:
    return bound_names(parsed(source)) if len(source) <= _LARGEST_PARSED else set()


def _names_asked(lab: Lab) -> dict[str, set[str]]:
    """Map each answer cell to the names that the starter binds there: what is asked for."""
    cells = cells_by_grade_id(lab.starter).items()
    return {name: _names_of(cell.source) for name, cell in cells if is_answer(cell)}
