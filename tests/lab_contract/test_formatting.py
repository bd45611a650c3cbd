"""lab fmt gives one form, whatever an editor made of a notebook."""

import copy
import json
from pathlib import Path
from typing import Any

import nbformat
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.contract.building import build_notebook, free, intro
from autograder.contract.formatting import format_file, is_formatted, normalised, notebook_text
from autograder.contract.lab import Lab


def as_an_editor_leaves_it(notebook: Any) -> Any:
    messy = copy.deepcopy(notebook)
    messy.metadata["toc"] = {"base_numbering": 1}
    messy.metadata.kernelspec = {"name": "venv", "display_name": "venv", "language": "python"}
    for number, cell in enumerate(messy.cells):
        cell.id = f"{number:08x}"
        cell.metadata["collapsed"] = True
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader["checksum"] = "0" * 32
        if cell.cell_type == "code":
            cell.execution_count = 3
            cell.outputs = [nbformat.v4.new_output("stream", text="hello")]
    return messy


def test_what_an_editor_adds_goes(tiny: Lab) -> None:
    clean = normalised(as_an_editor_leaves_it(tiny.source))
    assert [c.id for c in clean.cells if "nbgrader" in c.metadata] == [
        c.id for c in tiny.source.cells if "nbgrader" in c.metadata
    ]
    assert next(c.id for c in clean.cells if "nbgrader" not in c.metadata) == "clean-answer-free-1"
    text = notebook_text(clean)
    for gone in ("hello", "toc", "collapsed", "checksum", "venv"):
        assert gone not in text
    assert text.endswith("}\n")
    nbformat.validate(clean)


def test_the_sample_is_in_form_and_formatting_a_file_is_idempotent(tiny_copy: Path) -> None:
    path = tiny_copy / "lab.ipynb"
    before = path.read_text()
    assert is_formatted(path)
    messy = as_an_editor_leaves_it(nbformat.read(path, 4))
    messy.cells[5].id = "clean-play"
    path.write_text(json.dumps(messy))
    assert format_file(path, write=False)
    assert not is_formatted(path)
    assert format_file(path)
    assert path.read_text() == before
    assert not format_file(path)


def test_given_ids_of_free_cells_stay_and_repeated_ones_do_not() -> None:
    notebook = build_notebook([intro("# A"), free("play", "1"), free("again", "2")])
    notebook.cells[2].id = "play"
    assert [c.id for c in normalised(notebook).cells] == ["intro", "play", "intro-free-1"]


SCRAPS = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code", "markdown", "raw"]), "source": st.text(max_size=20)},
    optional={
        "id": st.sampled_from(["a", "0123abcd", "a-free-1", "top-free-1", "", "?"]),
        "metadata": st.fixed_dictionaries(
            {},
            optional={
                "tags": st.lists(st.text(max_size=3), max_size=2),
                "nbgrader": st.fixed_dictionaries(
                    {"grade_id": st.sampled_from("ab")},
                    optional={
                        "solution": st.booleans(),
                        "grade": st.booleans(),
                        "locked": st.booleans(),
                        "points": st.floats() | st.integers() | st.text(max_size=2),
                    },
                ),
            },
        ),
    },
)


@settings(max_examples=60, deadline=None)
@given(st.lists(SCRAPS, max_size=8))
def test_normalising_twice_changes_nothing(cells: list[dict[str, Any]]) -> None:
    notebook = nbformat.from_dict(
        {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}
    )
    once = normalised(notebook)
    assert normalised(once) == once
