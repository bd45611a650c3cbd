"""The engine as papermill's own command uses it."""

from pathlib import Path

import nbformat
import papermill
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from papermill.engines import papermill_engines

from autograder.execution.engine import LabEngine


def test_papermill_finds_the_engine_by_its_entry_point() -> None:
    papermill_engines.register_entry_points()
    assert papermill_engines.get_engine("lab") is LabEngine


@pytest.mark.slow
def test_papermill_runs_a_notebook_with_it(tmp_path: Path) -> None:
    source, target = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    notebook = new_notebook(
        cells=[
            new_code_cell("n = 1", metadata={"tags": ["parameters"]}),
            new_code_cell("print(n * 2)"),
        ],
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        },
    )
    nbformat.write(notebook, source)
    papermill.execute_notebook(
        source, target, parameters={"n": 21}, engine_name="lab", progress_bar=False
    )
    outputs = nbformat.read(target, as_version=4).cells[-1].outputs
    assert outputs[0].text == "42\n"
