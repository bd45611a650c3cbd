"""A ledger in SQLite, and ways to break it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

_TABLES = """
CREATE TABLE IF NOT EXISTS balances (wallet TEXT PRIMARY KEY, cents INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY);
"""


@contextmanager
def ledger(name: str) -> Iterator[sqlite3.Connection]:
    """Open the ledger in the file NAME.db, made when it is missing; close it without a commit.

    `balances` has a row for each wallet that ever had a payment, `seen` one for each payment that
    counts already.
    """
    connection = sqlite3.connect(f"{name}.db")
    try:
        connection.executescript(_TABLES)
        yield connection
    finally:
        connection.close()


def balances_of(name: str) -> dict[str, int]:
    """Return what a later process finds: the cents of each wallet."""
    with ledger(name) as connection:
        return dict(connection.execute("SELECT wallet, cents FROM balances"))


def cut_power_at(name: str, table: str) -> None:
    """Let every next insertion into `table`, and every update, raise sqlite3.OperationalError.

    That lasts until `restore_power`, or `power_is_back` for a connection that is open.
    """
    with ledger(name) as connection, connection:
        for what in ("INSERT", "UPDATE"):
            # RAISE would be an IntegrityError, as a second row of the same id is: this is neither.
            connection.execute(
                f"CREATE TRIGGER cut_{what} BEFORE {what} ON {table} "
                "BEGIN SELECT abs(-9223372036854775807 - 1); END"
            )


def restore_power(name: str) -> None:
    """Take back what `cut_power_at` did."""
    with ledger(name) as connection, connection:
        power_is_back(connection)


def power_is_back(connection: sqlite3.Connection) -> None:
    """Take it back within a connection, and leave its transaction as it is."""
    for what in ("INSERT", "UPDATE"):
        connection.execute(f"DROP TRIGGER IF EXISTS cut_{what}")
