"""Notebooks are built from named parts."""

import nbformat
import pytest
from nbgrader.nbgraderformat.v3 import MetadataValidatorV3

from autograder.contract.building import (
    answer,
    build_notebook,
    free,
    grade,
    intro,
    parameters,
    setup,
    text,
)
from autograder.errors import CourseError

REGION = "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"


def test_a_built_notebook_is_valid_for_jupyter_and_nbgrader() -> None:
    notebook = build_notebook(
        [
            intro("# A lab"),
            parameters(seed=7, rate=0.5),
            setup("import os"),
            text("first", "## First"),
            answer("first", REGION),
            answer("first", REGION, part="more"),
            free("play", "# try it"),
            grade("first", 2),
        ]
    )
    nbformat.validate(notebook)
    MetadataValidatorV3().validate_nb(notebook)
    ids = ["intro", "parameters", "setup", "first-text", "first-answer"]
    assert [cell.id for cell in notebook.cells] == [*ids, "first-answer-more", "play", "first"]
    assert notebook.cells[1].source == "seed = 7\nrate = 0.5"
    assert notebook.cells[2].source.startswith("%load_ext autograder\n")
    assert notebook.cells[-1].metadata.nbgrader.points == 2
    assert "nbgrader" not in notebook.cells[-2].metadata


def test_an_answer_needs_a_solution_region() -> None:
    with pytest.raises(CourseError, match="first-answer: the answer has no solution region"):
        answer("first", "def f(): ...")


def test_repeated_ids_are_refused() -> None:
    with pytest.raises(CourseError, match="Two cells have the id 'play'"):
        build_notebook([free("play"), free("play")])
