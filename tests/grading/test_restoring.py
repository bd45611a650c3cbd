"""A learner's notebook comes back into the released frame, whatever happened to it."""

import copy
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.contract.lab import Lab, load_lab
from autograder.contract.notebooks import grade_id, is_grade
from autograder.grading.restoring import restore

TINY = load_lab(Path(__file__).parents[1] / "samples" / "labs" / "tiny")
FRAME = [grade_id(c) for c in TINY.starter.cells if grade_id(c) and not is_grade(c)]
MINE = "def clean(values):\n    return values"


@pytest.fixture
def lab() -> Lab:
    return TINY


def cell_of(notebook: Any, name: str) -> Any:
    return next(cell for cell in notebook.cells if grade_id(cell) == name)


def place_of(notebook: Any, name: str) -> int:
    return [grade_id(cell) for cell in notebook.cells].index(name)


def answered(lab: Lab) -> Any:
    notebook = copy.deepcopy(lab.starter)
    cell_of(notebook, "clean-answer").source = MINE
    return notebook


def own(source: str, kind: str = "code", **metadata: Any) -> Any:
    new = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    return new(source, metadata=metadata)


def test_an_answer_alone_is_taken_over(lab: Lab) -> None:
    restored = restore(lab, answered(lab))
    assert [grade_id(c) for c in restored.notebook.cells if grade_id(c)] == FRAME
    assert cell_of(restored.notebook, "clean-answer").source == MINE
    assert restored.notes == ()
    nbformat.validate(restored.notebook)


def test_locked_cells_are_as_released(lab: Lab) -> None:
    notebook = answered(lab)
    cell_of(notebook, "parameters").source = "seed = 1"
    cell_of(notebook, "setup").source = "readings = lambda seed: []"
    restored = restore(lab, notebook)
    assert cell_of(restored.notebook, "parameters").source == "seed = 7"
    assert cell_of(restored.notebook, "parameters").metadata.tags == ["parameters"]
    assert "from readings import readings" in cell_of(restored.notebook, "setup").source
    assert any("`setup`" in note for note in restored.notes)


def test_lost_cells_come_back_in_their_place(lab: Lab) -> None:
    notebook = answered(lab)
    notebook.cells = [c for c in notebook.cells if grade_id(c) not in ("parameters", "setup")]
    restored = restore(lab, notebook)
    assert [grade_id(c) for c in restored.notebook.cells if grade_id(c)] == FRAME
    assert any("`setup` was missing" in note for note in restored.notes)


def test_stripped_metadata_is_matched_by_cell_id(lab: Lab) -> None:
    notebook = answered(lab)
    for cell in notebook.cells:
        cell.metadata = {}
    restored = restore(lab, notebook)
    assert cell_of(restored.notebook, "clean-answer").source == MINE
    assert restored.notebook == restore(lab, answered(lab)).notebook


def test_reflagged_and_retyped_answers_keep_their_source(lab: Lab) -> None:
    notebook = answered(lab)
    answer = cell_of(notebook, "clean-answer")
    answer.metadata.nbgrader.update(grade=True, solution=False, locked=True, points=100)
    answer.cell_type = "markdown"
    restored = restore(lab, notebook)
    back = cell_of(restored.notebook, "clean-answer")
    assert (back.cell_type, back.source) == ("code", MINE)
    assert back.metadata == cell_of(lab.starter, "clean-answer").metadata
    assert any("made a code cell again" in note for note in restored.notes)


def test_the_first_of_two_copies_answers_and_the_other_still_runs(lab: Lab) -> None:
    notebook = answered(lab)
    second = copy.deepcopy(cell_of(notebook, "clean-answer"))
    second.source = "def clean(values):\n    return sorted(values)"
    notebook.cells.insert(place_of(notebook, "clean-answer") + 1, second)
    restored = restore(lab, notebook)
    at = place_of(restored.notebook, "clean-answer")
    assert restored.notebook.cells[at].source == MINE
    assert restored.notebook.cells[at + 1].source == second.source
    assert restored.notebook.cells[at + 1].metadata == {}
    assert any("more than once" in note for note in restored.notes)


def test_own_cells_stay_in_their_place_without_metadata(lab: Lab) -> None:
    notebook = answered(lab)
    at = place_of(notebook, "clean-answer")
    notebook.cells.insert(at, own("factor = 2", tags=["parameters"]))
    restored = restore(lab, notebook)
    at = place_of(restored.notebook, "clean-answer")
    assert restored.notebook.cells[at - 1].source == "factor = 2"
    assert restored.notebook.cells[at - 1].metadata == {}
    assert sum("parameters" in c.metadata.get("tags", []) for c in restored.notebook.cells) == 1


def test_a_shuffled_frame_is_put_in_order_and_own_cells_follow_theirs(lab: Lab) -> None:
    notebook = answered(lab)
    notebook.cells.insert(place_of(notebook, "report-answer") + 1, own("after_report = 1"))
    notebook.cells.reverse()
    notebook.cells.insert(place_of(notebook, "clean-answer") + 1, own("after_clean = 1"))
    restored = restore(lab, notebook)
    assert [grade_id(c) for c in restored.notebook.cells if grade_id(c)] == FRAME
    at = place_of(restored.notebook, "clean-answer")
    assert restored.notebook.cells[at + 1].source == "after_clean = 1"
    assert any("another order" in note for note in restored.notes)


def test_grade_cells_and_outputs_are_left_out(lab: Lab) -> None:
    notebook = answered(lab)
    cell_of(notebook, "clean").source = "print('5 points')"
    cell_of(notebook, "clean-answer").outputs = [
        nbformat.v4.new_output("stream", text="a" * 100, name="stdout")
    ]
    restored = restore(lab, notebook)
    assert not any(is_grade(cell) for cell in restored.notebook.cells)
    assert not any(cell.get("outputs") for cell in restored.notebook.cells)
    assert "5 points" not in nbformat.writes(restored.notebook)


def test_the_lab_is_not_changed_by_restoring(lab: Lab) -> None:
    before = copy.deepcopy(lab.starter)
    restored = restore(lab, answered(lab))
    restored.notebook.cells[0].source = "changed"
    restored.notebook.metadata.kernelspec.name = "changed"
    assert lab.starter == before


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
NAMES = st.sampled_from([*FRAME, "clean", "report", "nobody", "own-1", ""]) | st.text(max_size=6)
FIELDS = st.fixed_dictionaries(
    {}, optional={"grade_id": NAMES | JUNK, "solution": JUNK, "grade": JUNK, "locked": JUNK}
)
CELLS = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]) | JUNK,
        "id": NAMES | JUNK,
        "source": st.text(st.characters(codec=None), max_size=20) | st.lists(st.text()) | JUNK,
        "metadata": st.fixed_dictionaries({}, optional={"nbgrader": FIELDS | JUNK, "tags": JUNK})
        | JUNK,
        "outputs": JUNK,
    },
)
TAKEN = st.integers(0, len(TINY.starter.cells) - 1).map(
    lambda place: copy.deepcopy(TINY.starter.cells[place])
)
NOTEBOOKS = st.fixed_dictionaries({"cells": st.lists(CELLS | TAKEN | JUNK, max_size=14)}) | JUNK


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(NOTEBOOKS)
def test_any_notebook_is_restored_and_restoring_twice_changes_nothing(notebook: Any) -> None:
    once = restore(TINY, notebook).notebook
    assert [grade_id(c) for c in once.cells if grade_id(c)] == FRAME
    for cell in once.cells:
        if (name := grade_id(cell)) and name not in ("clean-answer", "report-answer"):
            assert cell == cell_of(TINY.starter, name)
    nbformat.validate(once)
    nbformat.writes(once).encode("utf-8")
    assert restore(TINY, once).notebook == once
