"""Folders for temporary files that last as long as their owner, whatever ends it.

A killed process cannot tidy up. It does lose its locks, though: a folder that nobody holds a lock
on is nobody's any more, and the next one to come removes it.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "lab-run_"
"""Short, since the paths of sockets below end at 107 bytes."""


@contextmanager
def claimed_folder(parent: Path | None = None) -> Iterator[Path]:
    """Make a folder below `parent` that is ours while the body lasts, and remove it afterwards."""
    folder, claim = _make(parent)
    try:
        yield folder
    finally:
        _remove(folder)
        os.close(claim)


def remove_unclaimed(parent: Path | None = None) -> int:
    """Remove the folders below `parent` whose owners were killed; return how many there were."""
    removed = 0
    for folder in (parent or Path(tempfile.gettempdir())).glob(f"{_PREFIX}*"):
        claim = _open(folder)
        if claim is None:
            continue
        try:
            if os.geteuid() in (0, os.fstat(claim).st_uid) and _lock(claim):
                _remove(folder)
                removed += 1
        finally:
            os.close(claim)
    return removed


def _make(parent: Path | None) -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        claim = os.open(folder, os.O_RDONLY)
        _lock(claim)
        # Somebody who removes what is nobody's may have come between.
        if folder.exists():
            return folder, claim
        os.close(claim)


def _open(folder: Path) -> int | None:
    with suppress(OSError):
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    return None


def _lock(descriptor: int) -> bool:
    """Lock a folder; tell whether that succeeded. Some network file systems know no such locks."""
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True


def _remove(root: Path) -> None:
    """Remove `root` with all below it, however a run closed it off or nested it."""

    def open_up(_: object, path: str, __: object) -> None:
        target = Path(path)
        with suppress(OSError):
            if target != root:  # what lies above the root is not ours to change
                target.parent.chmod(0o700)
            if target.is_dir() and not target.is_symlink():
                target.chmod(0o700)
                shutil.rmtree(target, ignore_errors=True)
            else:
                target.unlink(missing_ok=True)

    try:
        shutil.rmtree(root, onerror=open_up)
    except RecursionError:
        subprocess.run(["rm", "-rf", str(root)], capture_output=True, check=False)
