"""Keep a table as Parquet files in partitions, changed by commits that are seen whole or not."""

import io
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from infra.storage.columns import conform, plain_schema, require_partition_columns, split
from infra.storage.commits import Change, CommitLimits, commit
from infra.storage.errors import CommitConflictError, SnapshotNotFoundError, StorageError
from infra.storage.object_store import ObjectStore
from infra.storage.reading import Where, files_where, read_files, schema_of
from infra.storage.snapshot import DataFile, Snapshot
from infra.storage.snapshot_log import SnapshotLog

Files = tuple[DataFile, ...]


@dataclass(frozen=True)
class DatasetConfig:
    """Configure a dataset: its name, the columns it is split by, its largest file.

    `attempts` bounds how often a commit makes way for others. A vacuum leaves alone what is
    younger than `grace`, and a commit that takes longer than half of that is refused.
    """

    name: str
    partition_by: tuple[str, ...] = ()
    rows_per_file: int = 1_000_000
    attempts: int = 100
    grace: timedelta = timedelta(days=1)

    @property
    def limits(self) -> CommitLimits:
        """Return what bounds a commit."""
        return CommitLimits(self.attempts, self.grace.total_seconds() / 2)


class Dataset:
    """Commit to and read one dataset. Any number of processes may do both at once."""

    def __init__(self, store: ObjectStore, config: DatasetConfig) -> None:
        self.store, self.config = store, config
        self.log = SnapshotLog(store, config.name)

    def append(self, table: Any, *, note: str = "", commit_id: str | None = None) -> Snapshot:
        """Add the rows of a pyarrow table in one commit; of several who do, none is lost.

        The first commit fixes the columns. With a `commit_id` that was committed already nothing
        happens and that snapshot is returned, as long as it is kept. Raise SchemaMismatchError,
        StorageUnavailableError where nothing was committed, or CommitUncertainError.
        """
        return self._write(table, note, commit_id, is_replacing=False)

    def replace_partitions(
        self, table: Any, *, note: str = "", commit_id: str | None = None
    ) -> Snapshot:
        """Put the rows in place of all rows of the partitions that they lie in, in one commit.

        Without partitions that is the whole dataset. Raise CommitConflictError where another
        commit changed one of these partitions meanwhile; the rest as `append`.
        """
        return self._write(table, note, commit_id, is_replacing=True)

    def read(
        self,
        columns: Sequence[str] | None = None,
        *,
        where: Where | None = None,
        snapshot: int | None = None,
        at: datetime | None = None,
    ) -> Any:
        """Return the dataset as a pyarrow table: newest, of one `snapshot`, or as it was `at`.

        `where` gives the values wanted of columns that the dataset is split by; other partitions
        are not read. Rows come in order of commit, within one in order of partition.
        """
        wanted = self.snapshot(snapshot, at=at)
        schema = schema_of(wanted, columns, self.config.name)
        return pa.concat_tables([schema.empty_table(), *self._tables(wanted, columns, where)])

    def tables(
        self,
        columns: Sequence[str] | None = None,
        *,
        where: Where | None = None,
        snapshot: int | None = None,
        at: datetime | None = None,
    ) -> Iterator[Any]:
        """Return what `read` returns file by file, for a dataset larger than memory."""
        wanted = self.snapshot(snapshot, at=at)
        schema_of(wanted, columns, self.config.name)
        return self._tables(wanted, columns, where)

    def snapshot(self, number: int | None = None, *, at: datetime | None = None) -> Snapshot:
        """Return the newest snapshot, the one of a number, or what was the newest `at` a time."""
        if number is not None:
            return self.log.get(number)
        found = self.log.as_of(at) if at is not None else self.log.latest()
        if found is None:
            raise SnapshotNotFoundError(f"Nothing was committed to {self.config.name} yet.")
        return found

    def snapshots(self) -> list[Snapshot]:
        """Return all snapshots that are kept, oldest first."""
        return self.log.since(0)

    def _write(
        self, table: Any, note: str, commit_id: str | None, *, is_replacing: bool
    ) -> Snapshot:
        started = time.monotonic()
        base = self.log.latest()
        if commit_id is not None:
            for made in self.log.since(0):
                if made.commit_id == commit_id:
                    return made
        commit_id = commit_id or uuid.uuid4().hex
        schema = base.schema if base else plain_schema(table)
        self._require_same_partitions(schema, base)
        files = self._files_of(conform(table, schema, self.config.name))
        # Without partitions everything lies in one, which a table without rows empties.
        is_split = bool(self.config.partition_by)
        touched: set[tuple[str, ...]] = {file.partition for file in files} if is_split else {()}

        def join(newest: Snapshot | None) -> Files:
            conform(table, newest.schema if newest else schema, self.config.name)
            old = newest.files if newest else ()
            if not is_replacing:
                return (*old, *files)
            before = _in(base.files if base else (), touched)
            if before != _in(old, touched):
                raise CommitConflictError(
                    f"Another commit to {self.config.name} changed a partition of "
                    f"{sorted(touched)} meanwhile: read it again, then replace it."
                )
            return (*(file for file in old if file.partition not in touched), *files)

        by, limits = self.config.partition_by, self.config.limits
        change = Change(commit_id, note, schema, by, join, started)
        return commit(self.log, base, change, limits)

    def _files_of(self, table: Any) -> Files:
        files = []
        for values, rows in split(table, self.config.partition_by):
            for first in range(0, len(rows), self.config.rows_per_file):
                part = rows.slice(first, self.config.rows_per_file)
                buffer = io.BytesIO()
                pq.write_table(part, buffer, compression="zstd")
                content = buffer.getvalue()
                key = self._key(values)
                self.store.put(key, content)
                files.append(DataFile(key, len(part), len(content), values))
        return tuple(files)

    def _key(self, values: tuple[str, ...]) -> str:
        named = zip(self.config.partition_by, values, strict=True)
        folders = [f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in named]
        return "/".join([self.config.name, "data", *folders, f"{uuid.uuid4().hex}.parquet"])

    def _tables(
        self, wanted: Snapshot, columns: Sequence[str] | None, where: Where | None
    ) -> Iterator[Any]:
        files = files_where(wanted, where or {}, self.config.name)
        return read_files(self.store, files, columns)

    def _require_same_partitions(self, schema: Any, base: Snapshot | None) -> None:
        require_partition_columns(schema, self.config.partition_by, self.config.name)
        if base and base.partition_by != self.config.partition_by:
            raise StorageError(
                f"{self.config.name} is split by {list(base.partition_by)}, not by "
                f"{list(self.config.partition_by)}: open it as it is."
            )


def _in(files: Files, partitions: set[tuple[str, ...]]) -> set[str]:
    return {file.key for file in files if file.partition in partitions}
