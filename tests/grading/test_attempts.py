"""An answer counts as begun by what it does, not by how it looks."""

import copy
from pathlib import Path
from typing import Any

import pytest

from autograder.contract.lab import load_lab
from autograder.contract.notebooks import grade_id
from autograder.grading.attempts import attempted_answers

TINY = load_lab(Path(__file__).parents[1] / "samples" / "labs" / "tiny")


def with_answer(source: str, name: str = "clean-answer") -> Any:
    notebook = copy.deepcopy(TINY.starter)
    for cell in notebook.cells:
        if grade_id(cell) == name:
            cell.source = source
    return notebook


def test_the_untouched_release_is_not_begun() -> None:
    assert attempted_answers(TINY, TINY.starter) == set()


def test_the_solution_is_begun_throughout() -> None:
    assert attempted_answers(TINY, TINY.solution) == {"clean-answer", "report-answer"}


@pytest.mark.parametrize(
    "source",
    [
        "",
        "\n\n",
        "# still thinking",
        "def clean(values: list[int]) -> list[int]:\n    pass",
        "def clean(values: list[int]) -> list[int]:\n    ...",
        'def clean(values: list[int]) -> list[int]:\n    """Hm."""\n    raise NotImplementedError',
        "def clean(values: list[int]) -> list[int]:  # mine\n\n    raise NotImplementedError('!')",
    ],
)
def test_placeholders_and_looks_do_not_count(source: str) -> None:
    assert attempted_answers(TINY, with_answer(source)) == set()


@pytest.mark.parametrize(
    "source",
    [
        "def clean(values): return values",
        "def clean(values: list[int]) -> list[int]:\n    return",
        "def clean(values:",
        "%time\ndef clean(values):\n    return []",
        "x = " + "-" * 50_000 + "1",
        "\0",
    ],
)
def test_any_work_counts_even_if_it_does_not_parse(source: str) -> None:
    assert attempted_answers(TINY, with_answer(source)) == {"clean-answer"}


def test_an_answer_in_a_cell_of_the_learners_own_counts() -> None:
    notebook = copy.deepcopy(TINY.starter)
    played = next(cell for cell in notebook.cells if cell.id == "clean-play")
    played.source = "def clean(values):\n    return values"
    assert attempted_answers(TINY, notebook) == {"clean-answer"}


def test_playing_does_not_count() -> None:
    notebook = copy.deepcopy(TINY.starter)
    played = next(cell for cell in notebook.cells if cell.id == "clean-play")
    played.source = "values = [clean for clean in readings(seed)]"
    assert attempted_answers(TINY, notebook) == set()


def test_a_deleted_answer_is_not_begun() -> None:
    notebook = copy.deepcopy(TINY.solution)
    notebook.cells = [cell for cell in notebook.cells if grade_id(cell) != "clean-answer"]
    assert attempted_answers(TINY, notebook) == {"report-answer"}
