"""Keep objects as files of a local disk."""

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from infra.storage.errors import CommitConflictError, StorageError, StorageUnavailableError
from infra.storage.object_store import MissingObjectError, StoredObject

# Drafts lie beside what they become, since a rename is one step only within a file system.
_DRAFT = ".draft-"


class DiskStore:
    """Keep objects below one folder; each is on the disk before it is seen.

    The folder's file system must have hard links, which is how one of several is let through.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, key: str, content: bytes) -> None:
        path = self._path(key)
        with _told(path), _draft(path, content) as draft:
            with _kept(path):
                draft.replace(path)
            _sync_folder(path.parent)

    def put_if_absent(self, key: str, content: bytes) -> bool:
        path = self._path(key)
        with _told(path), _draft(path, content) as draft:
            try:
                with _kept(path):
                    os.link(draft, path)
            except FileExistsError:
                return False
            _sync_folder(path.parent)
            return True

    def get(self, key: str) -> bytes:
        path = self._path(key)
        try:
            with _told(path):
                return path.read_bytes()
        except FileNotFoundError:
            raise MissingObjectError(f"There is no file {path}.") from None

    def listed(self, prefix: str) -> Iterator[StoredObject]:
        # Files may go while their folder is read, so what is gone is passed over.
        found = []
        below = self._root.joinpath(*prefix.split("/")[:-1])
        with _told(self._root):
            for folder, _, names in os.walk(below):
                for name in names:
                    path = Path(folder, name)
                    key = path.relative_to(self._root).as_posix()
                    if key.startswith(prefix) and not name.startswith(_DRAFT):
                        found.append((key, path))
            for key, path in sorted(found):
                try:
                    stat = path.stat()
                except FileNotFoundError:
                    continue
                moment = datetime.fromtimestamp(stat.st_mtime, UTC)
                yield StoredObject(key, stat.st_size, moment)

    def delete(self, key: str) -> None:
        path = self._path(key)
        with _told(path):
            path.unlink(missing_ok=True)

    def drop_drafts(self, before: datetime) -> int:
        """Remove what writers that died before `before` left half written; return how many."""
        dropped = 0
        for folder, _, names in os.walk(self._root):
            for path in (Path(folder, name) for name in names if name.startswith(_DRAFT)):
                # A draft goes when its writer is done, which may be now.
                with suppress(FileNotFoundError):
                    if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                        path.unlink()
                        dropped += 1
        return dropped

    def _path(self, key: str) -> Path:
        parts = key.split("/")
        if not key or any(part in ("", ".", "..") or part.startswith(_DRAFT) for part in parts):
            raise StorageError(f"{key!r} is no key: parts between / must not be empty or dots.")
        return self._root.joinpath(*parts)


@contextmanager
def _draft(path: Path, content: bytes) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{_DRAFT}{uuid.uuid4().hex}")
    try:
        with draft.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield draft
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _kept(path: Path) -> Iterator[None]:
    """Tell a writer whose draft was dropped meanwhile that it took too long."""
    try:
        yield
    except FileNotFoundError:
        raise CommitConflictError(
            f"Writing {path} took longer than the grace of a vacuum, which took its draft for an "
            "orphan: do it again, or give the dataset more grace."
        ) from None


def _sync_folder(folder: Path) -> None:
    """Make a new name last through a power cut, which syncing the file alone does not."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        mend = {
            errno.ENOSPC: "free space there",
            errno.EACCES: "give this user the right to write there",
            errno.EROFS: "mount it to be written",
            errno.EPERM: "use a file system with hard links",
        }.get(error.errno or 0, "look at that disk")
        raise StorageUnavailableError(
            f"{path} cannot be used: {error.strerror}; {mend}."
        ) from error
