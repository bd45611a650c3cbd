"""A plain nbgrader submission gets the instructor's cells back, whatever was done to it."""

import copy

from hypothesis import given
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from autograder.classic.grading import put_back
from autograder.contract.notebooks import grade_id


def cell(name: str, source: str, **facts: object) -> NotebookNode:
    metadata = {
        "grade_id": name,
        "grade": False,
        "solution": False,
        "locked": True,
        "schema_version": 3,
        "task": False,
        **facts,
    }
    return new_code_cell(source, metadata={"nbgrader": metadata})


def master() -> NotebookNode:
    return new_notebook(
        cells=[
            cell("setup", "import math"),
            cell("answer", "# YOUR CODE HERE", solution=True, locked=False),
            cell("test", "assert square(2) == 4", grade=True, points=1),
            cell("test2", "assert square(3) == 9", grade=True, points=1),
        ]
    )


def names(notebook: NotebookNode) -> list[str | None]:
    return [grade_id(c) for c in notebook.cells]


def test_the_answer_stays_and_the_rest_is_ours() -> None:
    theirs = copy.deepcopy(master())
    theirs.cells[1].source = "def square(x): return x * x"
    theirs.cells[2].source = "pass"
    theirs.cells[2].metadata.nbgrader["points"] = 100
    restored = put_back(master(), theirs)
    assert [c.source for c in restored.cells] == [
        "import math",
        "def square(x): return x * x",
        "assert square(2) == 4",
        "assert square(3) == 9",
    ]
    assert restored.cells[2].metadata.nbgrader["points"] == 1


def test_a_deleted_test_comes_back_in_its_place() -> None:
    theirs = copy.deepcopy(master())
    del theirs.cells[2]
    assert names(put_back(master(), theirs)) == ["setup", "answer", "test", "test2"]


@given(st.data())
def test_putting_back_twice_changes_nothing_and_loses_no_test(data: st.DataObject) -> None:
    theirs = copy.deepcopy(master())
    picks = data.draw(st.lists(st.integers(0, 3), max_size=7))
    own = new_code_cell("mine = 1")
    theirs.cells = [copy.deepcopy(master().cells[i]) for i in picks] + [own]
    once = put_back(master(), theirs)
    assert sorted(n for n in names(once) if n) == ["answer", "setup", "test", "test2"]
    assert names(put_back(master(), once)) == names(once)
    assert own.source in [c.source for c in once.cells]
