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


def saved_at(folder: Path) -> int:
    """Return when a notebook or module in `folder` was last saved, in nanoseconds; 0 for none."""
    files = [path for path in folder.iterdir() if _is_work(Change.modified, str(path))]
    return max((path.stat().st_mtime_ns for path in files), default=0)


def _is_work(change: Change, path: str) -> bool:
    name = Path(path).name
    return change is not Change.deleted and name.endswith(_WATCHED) and not name.startswith(".")
