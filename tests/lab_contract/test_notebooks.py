"""Notebooks are read with care, and the starter and the solution derive from the source."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.contract.deriving import starter_of
from autograder.contract.lab import Lab
from autograder.contract.notebooks import parse_notebook, read_notebook
from autograder.errors import CourseError


def notebook(**changes: Any) -> dict[str, Any]:
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": "1", "outputs": []}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]} | changes


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no JSON at line 1"),
        (b"{ not json", "no JSON at line 1"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"[" * 200_000, "nested too deeply"),
        (b"[]", "no notebook"),
        (b'{"nbformat": 4}', "no list of cells"),
        (json.dumps(notebook(nbformat=3)).encode(), "nbformat 3"),
        (json.dumps(notebook(metadata=[])).encode(), "metadata is no table"),
        (json.dumps(notebook(cells=[1])).encode(), "cell 1: is neither code"),
        (json.dumps(notebook(cells=[{"cell_type": "code"}])).encode(), "source is no text"),
    ],
)
def test_what_is_no_notebook_is_told(content: bytes, said: str) -> None:
    with pytest.raises(CourseError) as told:
        parse_notebook(content, "lab.ipynb")
    assert told.value.message.startswith("lab.ipynb: ")
    assert said in told.value.message
    assert told.value.mend


def test_the_courses_own_ids_must_stand_and_differ() -> None:
    cell = notebook()["cells"][0]
    twice = json.dumps(notebook(cells=[cell, cell])).encode()
    missing = json.dumps(notebook(cells=[{**cell, "id": ""}])).encode()
    with pytest.raises(CourseError, match="cells 1 and 2 share the cell id 'a'"):
        parse_notebook(twice, "lab.ipynb", strict_ids=True)
    with pytest.raises(CourseError, match="cell 1 has no id"):
        parse_notebook(missing, "lab.ipynb", strict_ids=True)
    assert len(parse_notebook(twice, "lab.ipynb").cells) == 2


def test_repeated_grade_ids_are_told() -> None:
    cells = [
        {"cell_type": "code", "id": i, "source": "", "metadata": {"nbgrader": {"grade_id": "x"}}}
        for i in "ab"
    ]
    with pytest.raises(CourseError, match="share the grade_id 'x'"):
        parse_notebook(json.dumps(notebook(cells=cells)).encode(), "n", strict_ids=True)


def test_a_huge_or_missing_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "lab.ipynb"
    with pytest.raises(CourseError, match="cannot be read"):
        read_notebook(path)
    path.write_bytes(b" " * 5000)
    with pytest.raises(CourseError, match="larger than"):
        read_notebook(path, max_bytes=4000)


@given(
    st.binary(max_size=60)
    | st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["nbformat", "cells", "metadata", "source"]), inner)
        ),
    ).map(lambda tree: json.dumps(tree).encode())
)
def test_reading_gives_a_notebook_or_a_course_error(content: bytes) -> None:
    try:
        found = parse_notebook(content, "lab.ipynb")
    except CourseError:
        return
    assert found.nbformat == 4


def test_the_starter_holds_neither_solution_nor_hidden_tests(tiny: Lab) -> None:
    text = "\n".join(cell.source for cell in tiny.starter.cells)
    assert "SOLUTION" not in text
    assert "%score" not in text
    assert "value >= 0" not in text
    assert text.count("raise NotImplementedError()") == 2
    assert "def clean(values: list[int]) -> list[int]:" in text


def test_the_solution_holds_the_answers_and_no_hidden_tests(tiny: Lab) -> None:
    text = "\n".join(cell.source for cell in tiny.solution.cells)
    assert "value >= 0" in text
    assert "%score" not in text


def test_an_open_solution_region_is_told(tiny: Lab) -> None:
    source = tiny.source.copy()
    source.cells = [cell.copy() for cell in source.cells]
    source.cells[4].source = "### BEGIN SOLUTION\n1"
    with pytest.raises(CourseError, match="no end solution"):
        starter_of(source)
