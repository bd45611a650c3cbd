"""Derive the starter and the official answer from a lab's notebook, by nbgrader's own steps."""

import copy
from collections.abc import Iterable
from typing import Any

from nbformat import NotebookNode

from autograder.errors import CourseError


def starter_of(source: NotebookNode, shown: str = "lab.ipynb") -> NotebookNode:
    """Derive what a learner gets: nbgrader's stubs for solutions, no hidden tests."""
    from nbgrader.preprocessors import ClearHiddenTests, ClearSolutions

    return _cleared(source, [ClearSolutions(), ClearHiddenTests()], shown)


def solution_of(source: NotebookNode, shown: str = "lab.ipynb") -> NotebookNode:
    """Derive the official answer: the source without the hidden tests."""
    from nbgrader.preprocessors import ClearHiddenTests

    return _cleared(source, [ClearHiddenTests()], shown)


def _cleared(source: NotebookNode, steps: Iterable[Any], shown: str) -> NotebookNode:
    notebook = copy.deepcopy(source)
    try:
        for step in steps:
            notebook, _ = step.preprocess(notebook, {})
    except (RuntimeError, ValueError) as error:
        raise CourseError(
            f"{shown}: nbgrader cannot derive the release: {error}.",
            mend="Close each ### BEGIN … by its ### END …, solutions in answer cells only.",
        ) from error
    return notebook
