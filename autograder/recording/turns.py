"""Take turns at writing to a gradebook, on one machine or, with Postgres, from several."""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from autograder.errors import CourseError
from autograder.recording.addresses import driven, shown

Turn = Callable[[], AbstractContextManager[None]]
"""Opens a block in which nobody else who takes turns writes; a block may hold another."""

# Any number will do that no other program takes for a lock of its own in the same database.
_POSTGRES_LOCK = int.from_bytes(hashlib.sha256(b"nbgrader gradebook").digest()[:8], signed=True)
_NOT_GRANTED = "55P03"


@contextmanager
def turns_at(db_url: str, *, lock_seconds: float) -> Iterator[Turn]:
    """Give what takes a turn at the gradebook `db_url`; another's is waited for `lock_seconds`.

    SQLite has a lock file beside it, Postgres a lock of its own, which ends with its owner's
    connection. Any other database is locked on this machine alone.
    """
    if _backend(db_url) == "postgresql":
        engine = create_engine(driven(db_url), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(f"SET lock_timeout = {int(lock_seconds * 1000)}"))
            yield lambda: _turn_in_postgres(connection, db_url)
    else:
        lock = FileLock(_lock_path(db_url), timeout=lock_seconds)
        yield lambda: _turn_at_file(lock, db_url)


@contextmanager
def _turn_in_postgres(connection: Connection, db_url: str) -> Iterator[None]:
    try:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _POSTGRES_LOCK})
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") == _NOT_GRANTED:
            raise _taken(db_url) from None
        raise
    try:
        yield
    finally:
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _POSTGRES_LOCK})


@contextmanager
def _turn_at_file(lock: FileLock, db_url: str) -> Iterator[None]:
    try:
        lock.acquire()
    except Timeout:
        raise _taken(db_url) from None
    except OSError as error:
        raise CourseError(
            f"The gradebook {shown(db_url)} cannot be written to ({error.strerror or error}).",
            mend="Make its folder and give yourself write access to it.",
        ) from error
    try:
        yield
    finally:
        lock.release()


def _taken(db_url: str) -> CourseError:
    return CourseError(
        f"Another grading run is writing to the gradebook {shown(db_url)}.",
        mend="Wait until it is done and give the same command again: it goes on.",
    )


def _backend(db_url: str) -> str:
    try:
        return make_url(db_url).get_backend_name()
    except ArgumentError:
        return ""


def _lock_path(db_url: str) -> Path:
    if _backend(db_url) == "sqlite" and (database := make_url(db_url).database):
        return Path(f"{database.removeprefix('file:')}.lock")
    name = hashlib.sha256(db_url.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"gradebook-{name}.lock"
