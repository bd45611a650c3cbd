"""Rows as Parquet files, and the place where files lie when everything is on paper."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

SCHEMA = pa.schema(
    [
        ("partition", pa.int32()),
        ("offset", pa.int64()),
        ("transaction_id", pa.int64()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("customer_id", pa.int64()),
        ("terminal_id", pa.int64()),
        ("amount_cents", pa.int64()),
        ("currency", pa.string()),
        ("rest", pa.string()),
    ]
)


def as_parquet(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return a Parquet file of rows, in their order; the same rows give the same bytes.

    A row is an event as `read_payment` gives it, with `partition` and `offset` beside its fields.
    """
    columns = {name: [row[name] for row in rows] for name in SCHEMA.names if name != "rest"}
    columns["at"] = [datetime.fromisoformat(text) for text in columns["at"]]
    columns["rest"] = [json.dumps(row["rest"], sort_keys=True) for row in rows]
    written = io.BytesIO()
    pq.write_table(pa.table(columns, schema=SCHEMA), written)
    return written.getvalue()


def rows_in(content: bytes) -> list[dict[str, Any]]:
    """Return the rows of such a file, as they were given to `as_parquet`."""
    rows = pq.read_table(io.BytesIO(content)).to_pylist()
    for row in rows:
        row["at"] = row["at"].isoformat()
        row["rest"] = json.loads(row["rest"])
    return rows


def read_simply(value: bytes) -> tuple[dict[str, Any] | None, dict[str, str]]:
    """Read an event that is as it should be, and refuse what is no JSON: so tasks stand apart."""
    try:
        event = json.loads(value)
        return {**event, "rest": {}}, {}
    except (ValueError, TypeError):
        return None, {"": "unreadable"}


class Crash(Exception):  # noqa: N818
    """Stand for whatever keeps a writing from being done: no power, no network, a full disk."""


@dataclass(frozen=True)
class Listed:
    """Tell of a file that is there."""

    key: str


@dataclass
class Clockwork:
    """Count what is written, whether file, letter or commit, and break before one, once."""

    breaks_before: int | None = None
    journal: list[list[Any]] = field(default_factory=list)
    broke: bool = False

    def write(self, what: str, name: Any) -> None:
        """Note one writing; raise Crash when its turn to break has come."""
        if not self.broke and len(self.journal) == self.breaks_before:
            self.broke = True
            raise Crash(what)
        self.journal.append([what, name])


class PaperStore:
    """Keep files in a dict, with the methods of the real store that are needed here."""

    def __init__(self, clockwork: Clockwork, files: dict[str, bytes]) -> None:
        self.clockwork, self.files = clockwork, files

    def put(self, key: str, content: bytes) -> None:
        """Keep a file, in place of what may be there; nobody ever reads half of one."""
        self.clockwork.write("file", key)
        self.files[key] = bytes(content)

    def put_if_absent(self, key: str, content: bytes) -> bool:
        """Keep a file if nothing is there, and say so; of several who try, one succeeds."""
        if key in self.files:
            return False
        self.put(key, content)
        return True

    def get(self, key: str) -> bytes:
        """Return a file's content; raise KeyError where there is none."""
        return self.files[key]

    def listed(self, prefix: str) -> Iterator[Listed]:
        """Return what has a key that starts so, ordered by key; each has a `key`."""
        return iter([Listed(key) for key in sorted(self.files) if key.startswith(prefix)])


class PaperLog:
    """Be a log as `parts.Log` is, with records and commits in dicts."""

    def __init__(
        self,
        topic: str,
        clockwork: Clockwork,
        records: Mapping[int, Sequence[Mapping[str, Any]]],
        commits: dict[int, int],
        letters: list[Mapping[str, Any]],
    ) -> None:
        self.topic, self._clockwork = topic, clockwork
        self._records, self._commits, self._letters = records, commits, letters

    def partitions(self) -> list[int]:
        """Return the numbers of the partitions."""
        return sorted(self._records)

    def committed(self, partition: int) -> int:
        """Return the offset that the group goes on with, 0 where it never committed."""
        return self._commits.get(partition, 0)

    def read(self, partition: int, start: int) -> list[dict[str, Any]]:
        """Return the records from offset `start` to the present end, in order."""
        return [dict(one) for one in self._records[partition] if one["offset"] >= start]

    def lay_aside(self, letter: Mapping[str, Any]) -> None:
        """Keep a dead letter."""
        self._clockwork.write("letter", [letter["partition"], letter["offset"]])
        self._letters.append(dict(letter))

    def commit(self, partition: int, offset: int) -> None:
        """Let the group go on with `offset`."""
        self._clockwork.write("commit", [partition, offset])
        self._commits[partition] = offset


class PaperBrokers:
    """Be brokers as `parts.Brokers` are; somebody else is faster with the topics in `racing`."""

    def __init__(self, there: dict[str, Any], racing: Mapping[str, Any]) -> None:
        self.there, self._racing = there, racing

    def names(self) -> list[str]:
        """Return the names of all topics that are there, in order."""
        return sorted(self.there)

    def shape(self, name: str) -> dict[str, Any]:
        """Return a topic's shape: `partitions`, `replication`, and `configs` with all settings."""
        return json.loads(json.dumps(self.there[name]))

    def make(self, name: str, shape: Mapping[str, Any]) -> bool:
        """Make a topic; return False, and change nothing, when one of that name is there."""
        if name in self._racing:
            self.there.setdefault(name, self._racing[name])
        if name in self.there:
            return False
        self.there[name] = json.loads(json.dumps(shape))
        return True
