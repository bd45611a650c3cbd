"""What the lab gives: the data, a small online store, and a picture.

The payments are a small world of `projects.fraud`: 45 cards, 5 terminals, three weeks of October
2025. The log is what the online path served for each of them; something is wrong with it.
"""

import sqlite3
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

HERE = Path(__file__).parent
_COLOURS = ("#0072B2", "#D55E00", "#009E73")
_TABLE = """
CREATE TABLE online (
    entity TEXT NOT NULL,
    feature TEXT NOT NULL,
    value REAL,
    at INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (entity, feature)
)
"""


def payments() -> pd.DataFrame:
    """Return 1,882 payments: event_id, card, terminal, at (seconds, UTC), amount, fraud."""
    return pd.read_csv(HERE / "payments.csv")


def serving_log() -> pd.DataFrame:
    """Return what was served: event_id, card, terminal, at (text, ISO 8601), three features."""
    return pd.read_csv(HERE / "serving_log.csv")


def values_in(state: Any) -> int:
    """Count the numbers, texts and other single values in plain data, keys included."""
    if isinstance(state, dict):
        return sum(values_in(key) + values_in(value) for key, value in state.items())
    if isinstance(state, list | tuple | set | frozenset):
        return sum(values_in(item) for item in state)
    return 1


def open_store(path: str | Path = ":memory:") -> sqlite3.Connection:
    """Open a store of online values, in memory or in a file; the table `online` is made if new."""
    store = sqlite3.connect(path)
    store.execute(_TABLE.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"))
    store.commit()
    return store


def play(
    functions: dict[str, Callable[..., Any]], operations: Sequence[Sequence[Any]]
) -> dict[str, Any]:
    """Do `operations`, each a name and its arguments, on a new store.

    Return what each of them returned, and all rows of the store at the end, sorted.
    """
    store = open_store()
    answers = [functions[name](store, *arguments) for name, *arguments in operations]
    store.commit()
    rows = store.execute("SELECT * FROM online ORDER BY entity, feature").fetchall()
    store.close()
    return {"answers": answers, "rows": [list(row) for row in rows]}


def race(put: Callable[..., Any], ours: Sequence[Any], theirs: Sequence[Any]) -> list[Any]:
    """Write two rows of one feature from two connections at once; return the row that remains.

    Their `put` is done at the worst moment: right after ours has looked into the store, or at the
    end, where ours did not look first or has locked the store.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "online.db"
        store, other = open_store(path), open_store(path)
        store.execute("PRAGMA journal_mode = WAL")  # so that nobody who reads holds up a writer
        other.execute("PRAGMA busy_timeout = 0")
        state = {"looked": False, "done": False}

        def between(statement: str) -> None:
            if state["looked"] and not state["done"]:
                state["looked"] = False
                state["done"] = _tried(put, other, theirs)
            # Only once the reading is over may the other one write: so wait for the next statement.
            state["looked"] = statement.lstrip().upper().startswith(("SELECT", "WITH"))

        store.set_trace_callback(between)
        put(store, *ours)
        store.commit()
        store.set_trace_callback(None)
        if not state["done"]:
            _tried(put, other, theirs)
        found = store.execute("SELECT * FROM online").fetchall()
        store.close()
        other.close()
    return [list(row) for row in found]


def _tried(put: Callable[..., Any], store: sqlite3.Connection, row: Sequence[Any]) -> bool:
    try:
        put(store, *row)
        store.commit()
    except sqlite3.OperationalError:  # the store is locked: that is a way of doing it right
        store.rollback()
        return False
    return True


def draw_matching(shares: dict[str, dict[str, float]]) -> Figure:
    """Draw each feature's share of matching rows over the days; `shares` is feature, day, share."""
    figure, axes = plt.subplots(figsize=(7.6, 3))
    for (feature, by_day), colour in zip(shares.items(), _COLOURS, strict=False):
        axes.plot(list(by_day), list(by_day.values()), marker="o", color=colour, label=feature)
    axes.set(ylim=(0, 1.05), ylabel="share of rows that match")
    axes.tick_params(axis="x", rotation=60, labelsize=8)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    # The cell shows what it returns; an open figure would be shown once more.
    plt.close(figure)
    return figure
