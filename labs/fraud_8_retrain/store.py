"""Keep the moves of aliases in a file that several people write to, and lose none."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

Moves = list[dict[str, Any]]


class ConflictError(Exception):
    """Say that somebody else wrote since the moves were read."""


def read(path: str) -> Moves:
    """Return all moves, from first to last; a store that is not there is empty."""
    if not Path(path).exists():
        return []
    with closing(sqlite3.connect(path)) as base:
        return [json.loads(text) for (text,) in base.execute("SELECT move FROM moves ORDER BY at")]


def write(path: str, before: Moves, after: Moves) -> None:
    """Add what `after` has beyond `before`, in one step; raise ConflictError if it does not fit.

    It fits where the store still holds just `before`, and `after` begins with that: nothing is
    ever taken out or changed.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as base:
        base.execute("CREATE TABLE IF NOT EXISTS moves (at INTEGER PRIMARY KEY, move TEXT)")
        # Takes the lock before it looks: whoever comes second sees what the first one wrote.
        base.execute("BEGIN IMMEDIATE")
        held = [json.loads(text) for (text,) in base.execute("SELECT move FROM moves ORDER BY at")]
        if held != before or after[: len(before)] != before:
            base.execute("ROLLBACK")
            raise ConflictError(f"the store holds {len(held)} moves, {len(before)} were read")
        rows = [(json.dumps(move),) for move in after[len(before) :]]
        base.executemany("INSERT INTO moves (move) VALUES (?)", rows)
        base.execute("COMMIT")
