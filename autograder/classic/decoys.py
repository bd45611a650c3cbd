"""Decoys: a test with a wrong expectation, which only a forged kernel lets pass.

An in-kernel test can be forged: equality that says yes to all, asserts stripped from the tree,
errors swallowed. Whoever forges without knowing the answer lets a wrong expectation pass too.
The tests of a second run carry one each, somewhere; nothing tells it from the true one.
"""

import ast
import copy
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode
from nbgrader import utils

from autograder.classic.expectations import expectations, put_wrong
from autograder.contract.notebooks import grade_id

MOST_PER_CELL = 3


@dataclass(frozen=True)
class Decoy:
    """Hold the source of a test cell with one expectation put wrong, at `line` of the cell."""

    cell: str
    line: int
    source: str


def decoys_of(notebook: NotebookNode) -> dict[str, tuple[Decoy, ...]]:
    """Make up to three decoys for each test cell that compares with a literal, by grade id."""
    found = {}
    for cell in notebook.cells:
        name = grade_id(cell)
        if name and is_test(cell) and (made := _evenly(list(_decoys(name, cell.source)))):
            found[name] = made
    return found


def with_decoys(notebook: NotebookNode, chosen: Mapping[str, Decoy]) -> NotebookNode:
    """Return `notebook` with each of `chosen` in its test's place."""
    changed = copy.deepcopy(notebook)
    for cell in changed.cells:
        name = grade_id(cell)
        if name is not None and name in chosen and is_test(cell):
            cell.source = chosen[name].source
    return changed


def choose(decoys: Mapping[str, Sequence[Decoy]], secret: str) -> dict[str, Decoy]:
    """Choose one decoy a cell by `secret`: the same again, and not to be guessed from inside."""
    chosen = {}
    for name, several in decoys.items():
        number = int.from_bytes(hashlib.sha256(f"{secret}/{name}".encode()).digest()[:8])
        chosen[name] = several[number % len(several)]
    return chosen


def is_test(cell: Mapping[str, Any]) -> bool:
    """Tell whether `cell` is a test that runs: graded code that no learner writes."""
    return bool(
        utils.is_grade(cell) and not utils.is_solution(cell) and cell["cell_type"] == "code"
    )


def _evenly(made: list[Decoy]) -> tuple[Decoy, ...]:
    count = min(MOST_PER_CELL, len(made))
    return tuple(made[number * len(made) // count] for number in range(count))


def _decoys(name: str, source: str) -> Iterator[Decoy]:
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # magics: the cell is more than Python, and is left alone
    for step in tree.body:
        for literal in expectations(step):
            changed = put_wrong(source, literal)
            if changed is not None:
                yield Decoy(name, literal.lineno, changed)
