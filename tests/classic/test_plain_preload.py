"""What an instructor's notebooks import of what is slow to import comes with a fork."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograder.classic.assignment import PlainAssignment
from autograder.classic.preload import preload_of


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import numpy as np, json", ("numpy",)),
        ("%matplotlib inline\nfrom matplotlib import pyplot as plt", ("matplotlib.pyplot",)),
        (
            "from sklearn.linear_model import Ridge\nimport scipy.stats",
            ("scipy.stats", "sklearn.linear_model"),
        ),
        ("import pandas, pandas.nowhere, mlflow, torch, sklearnex", ("pandas",)),
        ("def f():\n    import numpy\nif late:\n    import pandas", ()),
        ("from sklearn.experimental import enable_iterative_imputer", ()),
        ("%%bash\nimport numpy", ()),
        ("import numpy\nthis is no Python", ()),
        ("from .numpy import x\nfrom matplotlib import cm", ()),
    ],
)
def test_heavy_imports_on_a_cells_own_level(
    tmp_path: Path, source: str, found: tuple[str, ...]
) -> None:
    assert preload_of(assignment(tmp_path, source)) == found


def test_a_module_of_the_courses_own_is_not_taken_for_the_package(tmp_path: Path) -> None:
    (tmp_path / "numpy.py").write_text("one = 1")
    (tmp_path / "pandas").mkdir()
    (tmp_path / "pandas" / "__init__.py").write_text("two = 2")
    source = "import numpy\nimport pandas\nimport scipy"
    assert preload_of(assignment(tmp_path, source)) == ("scipy",)


def assignment(folder: Path, source: str) -> PlainAssignment:
    nbformat.write(new_notebook(cells=[new_code_cell(source)]), folder / "nb.ipynb")
    return PlainAssignment("ps1", folder, folder, True)
