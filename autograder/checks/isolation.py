"""Give each lab its own table of modules, so that two labs with a `data.py` never mix.

`sys.modules` belongs to the process. While a lab is entered, the names of its files there mean its
own modules; on leaving they are put aside, and what those names meant before is put back.
"""

import functools
import importlib
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import ParamSpec, TypeVar

from autograder.errors import CourseError

P = ParamSpec("P")
R = TypeVar("R")

# Two threads that enter different labs would see each other's modules; they take turns.
_turn = threading.RLock()


class ModuleRoom:
    """Hold the modules that lie in one folder, apart from those of every other folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.names = frozenset(_importable(self.folder))
        packages = (name for name in self.names if (self.folder / name).is_dir())
        self._inner = tuple(f"{name}." for name in packages)
        self._modules: dict[str, ModuleType] = {}
        hiding = sorted(self.names & sys.stdlib_module_names)
        if hiding:
            raise CourseError(
                f"{folder / hiding[0]}.py hides Python's own module {hiding[0]!r}.",
                mend="Give the file another name.",
            )
        importlib.invalidate_caches()

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Make the folder's modules importable by their plain names inside the block."""
        with _turn:
            displaced = self._take()
            sys.modules.update(self._modules)
            path, writes = str(self.folder), sys.dont_write_bytecode
            sys.path.insert(0, path)
            # What lies beside the notebook is released: no __pycache__ may appear there.
            sys.dont_write_bytecode = True
            try:
                yield
            finally:
                sys.dont_write_bytecode = writes
                if path in sys.path:
                    sys.path.remove(path)
                self._modules = self._take()
                sys.modules.update(displaced)

    def bound(self, function: Callable[P, R]) -> Callable[P, R]:
        """Return the function so that it runs with the folder's modules importable."""

        @functools.wraps(function)
        def within(*args: P.args, **kwargs: P.kwargs) -> R:
            with self.entered():
                return function(*args, **kwargs)

        return within

    def _take(self) -> dict[str, ModuleType]:
        # Thousands of modules are loaded, and this is done twice a check.
        inner = (
            [name for name in sys.modules if name.startswith(self._inner)] if self._inner else []
        )
        ours = [*(self.names & sys.modules.keys()), *inner]
        return {name: sys.modules.pop(name) for name in ours}


def _importable(folder: Path) -> Iterator[str]:
    for entry in folder.iterdir():
        is_module = entry.suffix == ".py" and entry.is_file()
        is_package = entry.is_dir() and any(entry.glob("*.py"))
        name = entry.stem if is_module else entry.name
        if (is_module or is_package) and name.isidentifier():
            yield name
