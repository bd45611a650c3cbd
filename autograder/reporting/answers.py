"""What learners wrote: the code of their answers, read from the notebooks as they were run."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from autograder.contract.notebooks import grade_id, is_answer, read_notebook
from autograder.contract.syntax import without_magics
from autograder.errors import CourseError
from autograder.grading.layout import OutputLayout
from autograder.reporting.subject import Subject

# More than any learner writes by hand; comparing it would cost more than it tells.
LONGEST = 100_000
_MOST_BYTES = 200 << 20


@dataclass(frozen=True)
class Answers:
    """Hold the code of one submission: answer cells by id, and cells of the learner's own."""

    student: str
    cells: Mapping[str, str] = field(default_factory=dict)
    own: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """Return all of it as one text, for eyes and for comparisons."""
        return "\n\n".join((*self.cells.values(), *self.own))[:LONGEST]


def read_answers(subject: Subject, layout: OutputLayout, students: list[str]) -> list[Answers]:
    """Read what each of `students` wrote; who has no executed notebook is left out."""
    found = []
    for student in students:
        folder = layout.executed(student, subject.id).parent
        notebooks = {name: _read(folder / f"{name}.ipynb") for name in subject.starters}
        present = {name: notebook for name, notebook in notebooks.items() if notebook}
        if present:
            found.append(answers_in(student, present, subject.starters))
    return found


def answers_in(
    student: str,
    notebooks: Mapping[str, NotebookNode],
    starters: Mapping[str, NotebookNode] | None = None,
) -> Answers:
    """Take from `notebooks` the answer cells and the code cells that no starter holds."""
    cells: dict[str, str] = {}
    own: list[str] = []
    given = {c.source for starter in (starters or notebooks).values() for c in starter.cells}
    for notebook in notebooks.values():
        for cell in notebook.cells:
            name = grade_id(cell)
            if cell.cell_type != "code" or len(cell.source) > LONGEST:
                continue
            if is_answer(cell) and name:
                cells.setdefault(name, without_magics(cell.source))
            elif name is None and cell.source.strip() and cell.source not in given:
                own.append(without_magics(cell.source))
    return Answers(student, cells, tuple(own))


def _read(path: Path) -> NotebookNode | None:
    """Read an executed notebook, which may be long by its outputs; None where there is none."""
    if not path.is_file():
        return None
    try:
        return read_notebook(path, max_bytes=_MOST_BYTES)
    except (CourseError, json.JSONDecodeError):
        return None
