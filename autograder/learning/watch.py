"""Check again whenever the learner saves."""

from collections.abc import Iterator
from pathlib import Path

from watchfiles import Change, watch

_WATCHED = (".ipynb", ".py")


def saves(folder: Path, *, settle_ms: int = 400) -> Iterator[None]:
    """Yield once per save of a notebook or module in `folder`; Ctrl-C raises KeyboardInterrupt.

    Editors write a file in several steps; saves closer than `settle_ms` count as one.
    """
    for _ in watch(
        folder, watch_filter=_is_work, debounce=settle_ms, raise_interrupt=True, recursive=False
    ):
        yield


def _is_work(change: Change, path: str) -> bool:
    name = Path(path).name
    return change is not Change.deleted and name.endswith(_WATCHED) and not name.startswith(".")
