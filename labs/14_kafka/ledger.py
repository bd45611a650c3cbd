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
    """Let every next insertion into `table` fail, until `restore_power`."""
    with ledger(name) as connection, connection:
        connection.execute(
            f"CREATE TRIGGER cut_insert BEFORE INSERT ON {table} "
            "BEGIN SELECT RAISE(FAIL, 'the power went out'); END"
        )
        connection.execute(
            f"CREATE TRIGGER cut_update BEFORE UPDATE ON {table} "
            "BEGIN SELECT RAISE(FAIL, 'the power went out'); END"
        )


def restore_power(name: str) -> None:
    """Take back what `cut_power_at` did."""
    with ledger(name) as connection, connection:
        connection.execute("DROP TRIGGER IF EXISTS cut_insert")
        connection.execute("DROP TRIGGER IF EXISTS cut_update")
