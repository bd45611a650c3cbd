"""A small plain nbgrader course with submissions of each kind."""

from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

ASSIGNMENT, NOTEBOOK = "ps1", "squares"
RIGHT = "def square(x):\n    return x * x"
WRONG = "def square(x):\n    return 4"
DEAD = "import os\nos._exit(1)"
FORGED = (
    "class Yes(int):\n    def __eq__(self, other):\n        return True\n"
    "def square(x):\n    return Yes(0)"
)
TEST = "assert square(3) == 9"


def lay_out_plain(course: Path, students: int) -> list[str]:
    """Write the source and `students` submissions: right, dead, forged, corrupt, wrong, absent."""
    write_source(course, TEST)
    kinds = [RIGHT, DEAD, FORGED, None, WRONG, ""]
    names = [f"s{number:02d}" for number in range(students)]
    for number, name in enumerate(names):
        hand_in_plain(course, name, kinds[number % len(kinds)])
    return names


def write_source(course: Path, test: str) -> None:
    """Write the instructor's version, its second test being `test`."""
    write(
        course / "source" / ASSIGNMENT, f"### BEGIN SOLUTION\n{RIGHT}\n### END SOLUTION", test=test
    )


def hand_in_plain(course: Path, student: str, answer: str | None) -> None:
    """Write a submission; without an answer one that is no notebook, with an empty one none."""
    folder = course / "submitted" / student / ASSIGNMENT
    folder.mkdir(parents=True, exist_ok=True)
    if answer is None:
        (folder / f"{NOTEBOOK}.ipynb").write_text('{"cells": [')
    elif answer:
        write(folder, answer)


def write(folder: Path, answer: str, *, test: str = TEST) -> None:
    """Write a notebook with an answer, two tests, and a text that a person grades."""
    folder.mkdir(parents=True, exist_ok=True)
    graded = {"grade": True, "locked": True, "points": 1}
    cells = [
        marked(new_code_cell(answer), "answer", solution=True),
        marked(new_code_cell("assert square(2) == 4"), "test-1", **graded),
        marked(new_code_cell(test), "test-2", **graded),
        marked(new_markdown_cell("Because."), "why", solution=True, grade=True, points=2),
    ]
    spec = {"name": "python3", "language": "python", "display_name": "Python 3"}
    notebook = new_notebook(cells=cells, metadata={"kernelspec": spec})
    nbformat.write(notebook, folder / f"{NOTEBOOK}.ipynb")


def marked(cell: NotebookNode, name: str, **facts: object) -> NotebookNode:
    usual = {"grade": False, "solution": False, "locked": False, "task": False}
    cell.metadata["nbgrader"] = {**usual, "grade_id": name, "schema_version": 3, **facts}
    return cell
