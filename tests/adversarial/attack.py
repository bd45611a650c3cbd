"""One hostile submission: what it tries, and how it is made out of a wrong answer."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import nbformat
from nbformat import NotebookNode

from autograder.contract.lab import Lab
from autograder.contract.mutants import apply_mutant, load_mutants
from autograder.contract.notebooks import cells_by_grade_id, grade_id

# The solution of the lab in which one thing is wrong that plain looking does not show.
WRONG = "drops_zero"
# What is handed in by somebody who hands in a folder and nothing in it.
NOTHING = "nothing"

HandIn = Callable[[Path, NotebookNode], None]


@dataclass(frozen=True)
class Attack:
    """Describe one attack; `tries` completes "a submission that tries to …"."""

    name: str
    tries: str
    stopped_by: str
    wrong: str = WRONG
    """The wrong answer it dresses up: a mutant of the lab, or `starter`."""
    first: str = ""
    """Code of a cell before the answers."""
    last: str = ""
    """Code of a cell after the answers."""
    edit: Callable[[NotebookNode], None] | None = None
    """Changes the notebook in place, after the cells are in."""
    hand_in: HandIn | None = None
    """Writes the submission's folder; by default the notebook alone."""
    ends_itself: bool = False
    """Whether its honest twin is the same answer in a kernel that ends at the same place."""
    twin: str = ""
    """Another honest twin: a mutant, `starter` or `nothing`."""
    lab: str = "tiny"
    quick: bool = False
    """Whether it is in the handful that every test run grades."""

    @property
    def honest(self) -> str:
        """The name of the submission whose score this one must get."""
        if self.twin:
            return self.twin
        if self.ends_itself:
            return f"{self.wrong}, ended {'first' if self.first else 'last'}"
        return self.wrong

    def submit(self, lab: Lab, folder: Path) -> None:
        """Write the submission into `folder`, which is there and empty."""
        notebook = wrong_answer(lab, self.wrong)
        add_cells(notebook, self.first, self.last)
        if self.edit is not None:
            self.edit(notebook)
        if self.hand_in is not None:
            self.hand_in(folder, notebook)
        else:
            write(folder, notebook)


def submit_honestly(lab: Lab, name: str, folder: Path) -> None:
    """Write the honest submission called `name` (see `Attack.honest`) into `folder`."""
    if name == NOTHING:
        return
    wrong, _, ended = name.partition(", ended ")
    notebook = wrong_answer(lab, wrong)
    if ended:
        add_cells(notebook, **{ended: "import os; os._exit(0)"})
    write(folder, notebook)


def wrong_answer(lab: Lab, name: str) -> NotebookNode:
    """Return a wrong answer to `lab` by name; `solution` is right and `starter` is nothing yet."""
    if name in ("starter", "solution"):
        return copy.deepcopy(getattr(lab, name))
    [mutant] = [m for m in load_mutants(lab).mutants if m.name == name]
    return apply_mutant(lab, mutant)


def add_cells(notebook: NotebookNode, first: str = "", last: str = "") -> None:
    """Put cells of the learner's own before the answers and behind everything."""
    if first:
        place = [grade_id(cell) for cell in notebook.cells].index("setup") + 1
        notebook.cells.insert(place, own_cell(first, "own-first"))
    if last:
        notebook.cells.append(own_cell(last, "own-last"))


def own_cell(source: str, name: str) -> NotebookNode:
    """Return a code cell as a learner adds one."""
    cell: NotebookNode = nbformat.v4.new_code_cell(dedent(source).strip("\n"), id=name)
    return cell


def answer(notebook: NotebookNode, cell: str) -> NotebookNode:
    """Return a graded cell of a notebook."""
    found: NotebookNode = cells_by_grade_id(notebook)[cell]
    return found


def write(folder: Path, notebook: Any) -> None:
    """Hand in a notebook as it is, valid or not."""
    import json

    (folder / "lab.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
