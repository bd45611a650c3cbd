"""Query a SQLite file that nobody vouches for.

The bytes are loaded into memory, so that no path is opened, no journal beside the file is trusted,
and nothing changes while it is read. Only tables are read: a view or a virtual table computes.
"""

import sqlite3
from types import TracebackType
from typing import Any, Self

from autograder.checks.record import mismatch
from autograder.checks.wording import listed, show

_MAGIC = b"SQLite format 3\0"
_MOST_ROWS = 200_000
_STEPS = 50_000_000  # virtual-machine steps of one query: a second or so
_WAL = 2  # what bytes 18 and 19 of the header say in write-ahead-log mode


class Snapshot:
    """Hold one SQLite file in memory for reading; `name` is what messages call it."""

    def __init__(self, name: str, content: bytes) -> None:
        if not content.startswith(_MAGIC):
            raise mismatch(f"{name} is no SQLite file")
        if _WAL in content[18:20]:
            # A database in memory has no write-ahead log; what was checkpointed is in the file.
            content = content[:18] + b"\x01\x01" + content[20:]
        self._name = name
        self._left = 0
        self._connection = sqlite3.connect(":memory:")
        self._connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        self._connection.deserialize(content)
        for setting in ("trusted_schema = off", "query_only = on", "cell_size_check = on"):
            self._connection.execute(f"PRAGMA {setting}")
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, 10_000_000)
        self._connection.set_progress_handler(self._out_of_steps, 10_000)
        self._connection.set_authorizer(_read_only)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def tables(self) -> tuple[str, ...]:
        """Return the names of the real tables."""
        rows = self._query("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name")
        return tuple(
            str(name) for name, sql in rows if not str(sql).upper().startswith("CREATE VIRTUAL")
        )

    def table(self, name: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the column names and all rows of a table."""
        if name not in self.tables():
            have = listed(self.tables())
            raise mismatch(f"{self._name} has no table {show(name)}; it has {have}")
        quoted = '"' + name.replace('"', '""') + '"'
        cursor = self._execute(f"SELECT * FROM {quoted}")
        rows = self._fetch(cursor)
        return [column[0] for column in cursor.description], rows

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """Return these columns of a table, a missing table being an empty one."""
        if table not in self.tables():
            return []
        found, rows = self.table(table)
        lacking = [column for column in columns if column not in found]
        if lacking:
            raise mismatch(f"{self._name}: the table {table} lacks {listed(lacking)}")
        places = [found.index(column) for column in columns]
        return [tuple(row[place] for place in places) for row in rows]

    def _query(self, sql: str) -> list[tuple[Any, ...]]:
        return self._fetch(self._execute(sql))

    def _execute(self, sql: str) -> sqlite3.Cursor:
        self._left = _STEPS
        try:
            return self._connection.execute(sql)
        except sqlite3.Error as error:
            raise mismatch(f"{self._name} cannot be read: {error}") from None

    def _fetch(self, cursor: sqlite3.Cursor) -> list[tuple[Any, ...]]:
        try:
            rows = cursor.fetchmany(_MOST_ROWS + 1)
        except sqlite3.Error as error:
            raise mismatch(f"{self._name} cannot be read: {error}") from None
        if len(rows) > _MOST_ROWS:
            raise mismatch(f"{self._name}: a table has more than {_MOST_ROWS} rows")
        return rows

    def _out_of_steps(self) -> int:
        self._left -= 10_000
        return int(self._left < 0)


def _read_only(action: int, *_: str | None) -> int:
    allowed = action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ)
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY
