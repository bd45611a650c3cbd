"""What a notebook imports that is slow to import: kernels are forked with it already there."""

import ast
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import PurePosixPath

from nbformat import NotebookNode

from autograder.classic.assignment import PlainAssignment

# Known to be heavy, to start no threads as they are imported, and to be the same when imported
# before a notebook begins.
_HEAVY = frozenset({"matplotlib.pyplot", "numpy", "pandas", "scipy", "sklearn"})


def preload_of(assignment: PlainAssignment) -> tuple[str, ...]:
    """Return the heavy modules that the instructor's notebooks import on their cells' own level.

    A file of that name beside the notebooks is what they import then, so that it is left out.
    """
    beside = {PurePosixPath(name).parts[0].removesuffix(".py") for name in assignment.files}
    found = {name for notebook in assignment.sources.values() for name in _imported(notebook)}
    return tuple(
        sorted(
            name
            for name in found
            if _is_heavy(name) and (top := name.partition(".")[0]) not in beside and find_spec(top)
        )
    )


def _imported(notebook: NotebookNode) -> Iterator[str]:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            yield from _named(_plain_lines(cell.source))


def _plain_lines(source: str) -> str:
    """Leave out magics and commands, which stand on lines of their own."""
    lines = (line for line in source.split("\n") if not line.startswith(("%", "!")))
    return "" if source.startswith("%%") else "\n".join(lines)


def _named(source: str) -> Iterable[str]:
    try:
        steps = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for step in steps:
        if isinstance(step, ast.Import):
            yield from (alias.name for alias in step.names)
        elif isinstance(step, ast.ImportFrom) and step.module and not step.level:
            yield step.module
            if step.module == "matplotlib":
                yield from (f"matplotlib.{alias.name}" for alias in step.names)


def _is_heavy(name: str) -> bool:
    # Importing a switch of scikit-learn's is what turns it on.
    switch = name.startswith("sklearn.experimental")
    return name in _HEAVY or (name.startswith(("scipy.", "sklearn.")) and not switch)
