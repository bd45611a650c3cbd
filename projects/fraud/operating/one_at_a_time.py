"""Let one process at a time do something, whatever machine it is on, until it is done or dead."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from filelock import FileLock

_TAKE = sa.text("select pg_advisory_lock(hashtext(:name))")
_GIVE = sa.text("select pg_advisory_unlock(hashtext(:name))")


@contextmanager
def one_at_a_time(engine: sa.Engine, name: str) -> Iterator[None]:
    """Wait until no other process is inside for this name, then go in.

    Postgres gives the lock back when the connection ends, SQLite's stands beside its file and ends
    with the process: so one that is killed holds up nobody. A database in memory has one process.
    """
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as session:
            session.execute(_TAKE, {"name": name})
            try:
                yield
            finally:
                session.execute(_GIVE, {"name": name})
    elif engine.url.database in (None, "", ":memory:"):
        yield
    else:
        with FileLock(f"{engine.url.database}.{name}.lock"):
            yield
