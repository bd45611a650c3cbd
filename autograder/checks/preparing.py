"""Work out once what checks compare with, for a whole cohort or while a lab is watched."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_shelf: ContextVar[Path | None] = ContextVar("shelf", default=None)


def prepared(function: Callable[P, R]) -> Callable[P, R]:
    """Return `function` so that each of its answers is worked out once, where there is a `shelf`.

    For what depends on its arguments alone and takes longer than reading it from disk: a data
    set, a reference answer. Every caller gets a copy of its own. A cohort has a shelf, and so has
    `lab watch`; without one, as in a single `lab check`, it is `function` itself.
    """

    @functools.wraps(function)
    def from_shelf(*args: P.args, **kwargs: P.kwargs) -> R:
        folder = _shelf.get()
        if folder is None:
            return function(*args, **kwargs)
        # Imported where it is needed: it takes a while, and most commands prepare nothing.
        from joblib import Memory

        found: R = Memory(folder, verbose=0).cache(function)(*args, **kwargs)
        return found

    return from_shelf


@contextmanager
def shelf(folder: Path | None) -> Iterator[None]:
    """Keep what is prepared inside the block in `folder`, for others that use the same folder.

    The folder must not outlive the version of the code that filled it.
    """
    token = _shelf.set(folder)
    try:
        yield
    finally:
        _shelf.reset(token)
