"""Write files in one step, so that a reader never sees half of one."""

import os
import tempfile
from pathlib import Path

_UNFINISHED = ".unfinished-"
_READABLE_BY_ALL = 0o644


def write_in_one_step(path: Path, text: str, *, mode: int = _READABLE_BY_ALL) -> Path:
    """Write `text` to `path` as UTF-8, all of it or nothing, and return `path`.

    Folders on the way are made. What UTF-8 cannot hold becomes a question mark. Raise OSError
    where the disk is full or closed to writing; then `path` is as it was. A killed process may
    leave a file beside `path`, which `remove_unfinished` takes away.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=_UNFINISHED)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return path


def remove_unfinished(folder: Path) -> None:
    """Remove what killed writers left below `folder`; call it where nobody else is writing."""
    for leftover in folder.rglob(f"{_UNFINISHED}*"):
        leftover.unlink(missing_ok=True)
