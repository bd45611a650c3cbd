"""Count what a run stores: in its folder, and in files that have no name any more."""

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from pathlib import Path

_BLOCK = 512
# Nobody nests so deep by accident, and every level costs an open folder.
_DEEPEST = 100
_NAMELESS = " (deleted)"
_IN_MEMORY = ("/memfd:", "/dev/shm/", "/SYSV")


def stored_below(folder: Path, *, most_files: int) -> tuple[int, int]:
    """Return the bytes on disk below `folder` and the number of files, at most `most_files`.

    A folder nested more than 100 deep counts as too many files, and so does one that is closed
    against looking, since it could hold anything.
    """
    total = count = 0
    open_folders: list[tuple[int, list[str]]] = []
    try:
        with suppress(OSError):
            open_folders.append(_enter(folder, None, most_files))
        while open_folders and count < most_files:
            handle, names = open_folders[-1]
            if not names:
                os.close(open_folders.pop()[0])
                continue
            name = names.pop()
            with suppress(OSError):
                found = os.stat(name, dir_fd=handle, follow_symlinks=False)
                total += found.st_blocks * _BLOCK
                count += 1
                if stat.S_ISDIR(found.st_mode):
                    if len(open_folders) >= _DEEPEST:
                        return total, most_files
                    try:
                        open_folders.append(_enter(name, handle, most_files))
                    except PermissionError:
                        return total, most_files
    finally:
        for handle, _ in open_folders:
            os.close(handle)
    return total, count


def _enter(name: str | Path, above: int | None, most_names: int) -> tuple[int, list[str]]:
    """Open a folder without following a link; return it with the names in it."""
    handle = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
    try:
        with os.scandir(handle) as entries:
            return handle, [entry.name for entry in islice(entries, most_names)]
    except BaseException:
        os.close(handle)
        raise


def held_files(processes: Iterable[int]) -> tuple[int, int]:
    """Return the bytes in memory and on disk of nameless files that `processes` hold open."""
    seen: dict[tuple[int, int], tuple[int, bool]] = {}
    for pid in processes:
        with suppress(OSError):
            for entry in Path(f"/proc/{pid}/fd").iterdir():
                with suppress(OSError):
                    place = str(entry.readlink())
                    if place.endswith(_NAMELESS):
                        found = entry.stat()
                        key = (found.st_dev, found.st_ino)
                        seen[key] = (found.st_blocks * _BLOCK, place.startswith(_IN_MEMORY))
    in_memory = sum(size for size, memory in seen.values() if memory)
    return in_memory, sum(size for size, memory in seen.values() if not memory)
