"""The wrong answers that a lab must tell, and the right ones in another form that it must not."""

import copy
from collections.abc import Sequence

from nbformat import NotebookNode

from autograder.contract.conventions import MUTANTS
from autograder.contract.lab import Lab
from autograder.contract.mutants_file import Alternate, Edit, Mutant, Mutants, read_mutants
from autograder.contract.notebooks import cells_by_grade_id
from autograder.contract.syntax import parsed
from autograder.contract.telling import known_names, shown_as
from autograder.errors import CourseError

__all__ = [
    "Alternate",
    "Edit",
    "Mutant",
    "Mutants",
    "apply_alternate",
    "apply_mutant",
    "load_mutants",
]


def load_mutants(lab: Lab) -> Mutants:
    """Load mutants.toml of `lab`; raise CourseError for what does not fit its cells and checks."""
    path = lab.path / MUTANTS
    shown = shown_as(path)
    found = read_mutants(path)
    names = [mutant.name for mutant in found.mutants]
    _require_distinct([*names, *(alternate.name for alternate in found.alternates)], shown)
    checks = [check.id for check in lab.checks]
    for mutant in found.mutants:
        for name in mutant.loses:
            if name not in checks:
                raise CourseError(
                    f"{shown}: {mutant.name}: loses names {name!r}, which is no check.",
                    mend=known_names(name, checks),
                )
        apply_mutant(lab, mutant)
    for alternate in found.alternates:
        apply_alternate(lab, alternate)
    return found


def apply_mutant(lab: Lab, mutant: Mutant) -> NotebookNode:
    """Give the solution with the edits of `mutant`; raise CourseError where one does not fit."""
    shown = f"{shown_as(lab.path / MUTANTS)}: {mutant.name}"
    notebook = copy.deepcopy(lab.solution)
    for edit in mutant.edits:
        cell = _answer_cell(lab, notebook, edit.cell, shown)
        times = cell.source.count(edit.old)
        if times != 1:
            raise CourseError(
                f"{shown}: old = {edit.old!r} stands {times} times in {edit.cell}, once is due.",
                mend="Copy it from the solution." if not times else "Make it longer, to be unique.",
            )
        # A multi-line TOML string begins best on a line of its own.
        new = edit.new.removeprefix("\n")
        if new == edit.old:
            raise CourseError(f"{shown}: new equals old.", mend="Write the wrong answer.")
        cell.source = cell.source.replace(edit.old, new)
        _require_python(cell, shown)
    return notebook


def apply_alternate(lab: Lab, alternate: Alternate) -> NotebookNode:
    """Give the solution with the answer cells of `alternate` in place of the official ones."""
    shown = f"{shown_as(lab.path / MUTANTS)}: {alternate.name}"
    notebook = copy.deepcopy(lab.solution)
    for name, source in alternate.cells.items():
        cell = _answer_cell(lab, notebook, name, shown)
        cell.source = source
        _require_python(cell, shown)
    return notebook


def _answer_cell(lab: Lab, notebook: NotebookNode, name: str, shown: str) -> NotebookNode:
    answers = [cell for task in lab.manifest.tasks for cell in task.answers]
    cell = cells_by_grade_id(notebook).get(name)
    if name not in answers or cell is None:
        raise CourseError(
            f"{shown}: {name!r} is no answer cell of this lab.", mend=known_names(name, answers)
        )
    return cell


def _require_python(cell: NotebookNode, shown: str) -> None:
    if cell.cell_type == "code" and parsed(cell.source) is None:
        raise CourseError(
            f"{shown}: leaves no valid Python in {cell.id}.",
            mend="A wrong answer must run, and lose by what it computes; see its indentation.",
        )


def _require_distinct(names: Sequence[str], shown: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise CourseError(
                f"{shown}: the name {name!r} stands {names.count(name)} times.",
                mend="Give each mutant and alternate a name of its own.",
            )
