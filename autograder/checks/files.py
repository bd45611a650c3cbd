"""Read the files that a run wrote, and nothing else.

The run's folder is the learner's: a link planted there may point at the answers, a pipe may never
end, a file may be huge. Every name is walked from the folder down without following a link.
"""

import fnmatch
import json as json_module
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from autograder.checks.record import mismatch
from autograder.checks.wording import describe, listed

_MOST_NAMES = 10_000
_DEEPEST = 12


@dataclass(frozen=True)
class Files:
    """Read regular files inside one folder, by name relative to it.

    What a learner may have got wrong, such as a file that is not there, fails the running check in
    words. `max_bytes` is the largest file that is read.
    """

    folder: Path
    max_bytes: int = 50_000_000

    def names(self, pattern: str = "*") -> tuple[str, ...]:
        """Return the sorted names, with their folders, of the regular files that match."""
        root = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            found = []
            for name in _walk(root, "", _DEEPEST):
                if fnmatch.fnmatchcase(name, pattern):
                    found.append(name)
                if len(found) > _MOST_NAMES:
                    raise mismatch(f"the run wrote more than {_MOST_NAMES} files")
            return tuple(sorted(found))
        finally:
            os.close(root)

    def bytes(self, name: str) -> bytes:
        """Return the content of a file."""
        handle = self._open(name)
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                raise mismatch(f"{name} is no regular file; write it as an ordinary file")
            if status.st_nlink > 1:
                raise mismatch(f"{name} is a second name of another file; write a file of its own")
            with os.fdopen(handle, "rb", closefd=False) as file:
                # The size told may be out of date by the time the last byte is read.
                content = file.read(self.max_bytes + 1)
        finally:
            os.close(handle)
        if len(content) > self.max_bytes:
            raise mismatch(
                f"{name} is larger than {self.max_bytes / 1e6:g} MB, the most that is read"
            )
        return content

    def text(self, name: str) -> str:
        """Return the content of a UTF-8 text file."""
        try:
            return self.bytes(name).decode("utf-8")
        except UnicodeDecodeError as error:
            raise mismatch(f"{name} is no UTF-8 text: byte {error.start} cannot be read") from None

    def json(self, name: str) -> Any:
        """Return the value in a JSON file."""
        try:
            return json_module.loads(self.text(name))
        except json_module.JSONDecodeError as error:
            where = f"line {error.lineno}, column {error.colno}"
            raise mismatch(f"{name} is no valid JSON at {where}: {error.msg}") from None
        except (ValueError, RecursionError):  # a number of thousands of digits, bottomless lists
            raise mismatch(
                f"{name} is no JSON that can be read: too long a number or too deep"
            ) from None

    def has(self, name: str) -> bool:
        """Tell whether there is a regular file of this name."""
        return name in self.names()

    def _open(self, name: str) -> int:
        parts = _parts(name)
        at = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            for part in parts[:-1]:
                flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
                inner = os.open(part, flags, dir_fd=at)
                os.close(at)
                at = inner
            # Without O_NONBLOCK, opening a pipe waits for a writer who never comes.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
            return os.open(parts[-1], flags, dir_fd=at)
        except FileNotFoundError:
            raise mismatch(f"{name}: there is no such file{self._others(name)}") from None
        except OSError:
            raise mismatch(
                f"{name} is a link or cannot be opened; write it as an ordinary file"
            ) from None
        finally:
            os.close(at)

    def _others(self, name: str) -> str:
        suffix = PurePosixPath(name).suffix
        beside = [other for other in self.names() if PurePosixPath(other).suffix == suffix]
        if not beside:
            return "; the run wrote none of its kind"
        return f"; of its kind there {'is' if len(beside) == 1 else 'are'} {listed(beside)}"


def _parts(name: object) -> tuple[str, ...]:
    if type(name) is not str or not name or "\0" in name or len(name) > 1000:
        raise mismatch(f"the name of a file is {describe(name)}, where a short text is due")
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise mismatch(f"{name} leads out of the run's folder; name a file inside it")
    return path.parts


def _walk(folder: int, prefix: str, deepest: int) -> Iterator[str]:
    """Yield the names of regular files below an open folder, going through no link."""
    with os.scandir(folder) as entries:
        listing = sorted(entries, key=lambda entry: entry.name)
    for entry in listing:
        if entry.is_file(follow_symlinks=False):
            yield prefix + entry.name
        elif entry.is_dir(follow_symlinks=False) and deepest:
            try:
                inner = os.open(
                    entry.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder
                )
            except OSError:  # swapped for a link meanwhile, or closed to us
                continue
            try:
                yield from _walk(inner, f"{prefix}{entry.name}/", deepest - 1)
            finally:
                os.close(inner)
