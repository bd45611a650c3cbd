"""The instructor's version of a plain nbgrader notebook, as nbgrader's gradebook would hold it."""

import copy
import logging
import os
from collections.abc import Sequence
from contextlib import chdir
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.nbgraderformat import MetadataValidator, ValidationError, read
from nbgrader.nbgraderformat.common import SchemaMismatchError
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    InstantiateTests,
    LockCells,
)
from traitlets.config import Config

from autograder.contract.notebooks import read_notebook
from autograder.errors import CourseError

_AUTOTESTS = "autotests.yml"
# nbgrader's own order up to the point where it saves cells to the gradebook: solutions are out,
# hidden tests still in.
_STEPS = (
    InstantiateTests,
    LockCells,
    ClearSolutions,
    ClearOutput,
    CheckCellMetadata,
    ComputeChecksums,
)


def read_plain(path: Path) -> NotebookNode:
    """Read a notebook with nbgrader's metadata; raise CourseError where nbgrader refuses it."""
    if not path.is_file():
        raise CourseError(f"There is no {path.name}.", mend="Hand in the notebook under its name.")
    try:
        notebook: NotebookNode = read(str(path), as_version=4)
        return notebook
    except SchemaMismatchError as error:
        raise CourseError(
            f"{path.name} has nbgrader metadata of version {error.actual_version}, not "
            f"{error.expected_version}.",
            mend="Run `nbgrader update` on it."
            if error.actual_version < error.expected_version
            else "Use the nbgrader it was made with.",
        ) from None
    except ValidationError as error:
        raise CourseError(f"{path.name} has faulty nbgrader metadata: {error}.") from None
    except Exception as error:
        raise CourseError(f"{path.name} is not a notebook ({type(error).__name__}).") from None


def read_submitted(path: Path) -> NotebookNode:
    """Read a submission; faulty metadata are no reason to refuse it, since ours replace them."""
    try:
        return read_plain(path)
    except CourseError:
        notebook = read_notebook(path)
        current = MetadataValidator.schema_version
        found = [cell.metadata.get("nbgrader", {}).get("schema_version") for cell in notebook.cells]
        if any(version not in (None, current) for version in found):
            raise
        return notebook


def make_master(
    source: Path, *, options: dict[str, Any] | None = None, config: Config | None = None
) -> NotebookNode:
    """Prepare a source notebook for grading; generated tests are made from its solution.

    `options` are settings of nbgrader's preprocessors by class name, `config` those of the
    course's nbgrader_config.py. Raise CourseError for ids that stand twice or are missing, for
    cells without points, and for a notebook that is not Python's.
    """
    return _prepared(source, _STEPS, options or {}, config)


def make_solution(source: Path, *, config: Config | None = None) -> NotebookNode:
    """Prepare a source notebook with the instructor's answers and all tests in place."""
    steps = tuple(step for step in _STEPS if step is not ClearSolutions)
    return _prepared(source, steps, {}, config)


def _prepared(
    source: Path, steps: Sequence[Any], options: dict[str, Any], config: Config | None
) -> NotebookNode:
    notebook = copy.deepcopy(read_plain(source))
    _require_python(notebook, source)
    resources: dict[str, Any] = {"metadata": {"path": str(source.parent)}}
    # InstantiateTests looks for its templates beside the notebook, then in the current folder.
    with chdir(_templates_folder(source)):
        for step in steps:
            made = step(config=config or Config(), **options.get(step.__name__, {}))
            made.log.setLevel(logging.CRITICAL)
            try:
                notebook, resources = made.preprocess(notebook, resources)
            except Exception as error:
                raise CourseError(f"{source.name}: {step.__name__} refuses it: {error}") from None
    return notebook


def _require_python(notebook: NotebookNode, source: Path) -> None:
    spec = notebook.metadata.get("kernelspec", {})
    language = str(spec.get("language") or notebook.metadata.get("language_info", {}).get("name"))
    named = str(spec.get("name", ""))
    if language.lower() not in ("python", "none") and "python" not in named.lower():
        raise CourseError(
            f"{source.name} is a notebook for {language}; this grader runs Python alone.",
            mend="Grade it with `nbgrader autograde`.",
        )


def _templates_folder(source: Path) -> Path:
    for folder in source.parents[:3]:
        if (folder / _AUTOTESTS).is_file() or (folder / "tests" / _AUTOTESTS).is_file():
            return folder
    return Path(os.fspath(source.parent))
