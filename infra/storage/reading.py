"""Read the files of a snapshot, and of those only the ones that are asked for."""

import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from infra.storage.columns import as_text
from infra.storage.errors import SnapshotNotFoundError, StorageError
from infra.storage.object_store import MissingObjectError, ObjectStore
from infra.storage.snapshot import DataFile, Snapshot

Where = Mapping[str, Collection[Any]]


def schema_of(snapshot: Snapshot, columns: Sequence[str] | None, dataset: str) -> Any:
    """Return the schema of these columns, or of all; raise StorageError for one there is not."""
    schema = snapshot.schema
    if columns is None:
        return schema
    unknown = [name for name in columns if name not in schema.names]
    if unknown:
        raise StorageError(f"{dataset} has no column {unknown[0]!r}; it has {schema.names}.")
    return pa.schema([schema.field(name) for name in columns])


def files_where(snapshot: Snapshot, where: Where, dataset: str) -> tuple[DataFile, ...]:
    """Return the files whose partition has one of the values wanted of each column in `where`."""
    by = snapshot.partition_by
    unknown = [name for name in where if name not in by]
    if unknown:
        raise StorageError(
            f"{dataset} is not split by {unknown[0]!r} but by {list(by)}: filter the table that "
            "was read instead."
        )
    allowed = {
        by.index(name): {as_text(value, snapshot.schema.field(name).type) for value in values}
        for name, values in where.items()
    }
    return tuple(
        file
        for file in snapshot.files
        if all(file.partition[place] in texts for place, texts in allowed.items())
    )


def read_files(
    store: ObjectStore, files: Sequence[DataFile], columns: Sequence[str] | None
) -> Iterator[Any]:
    """Return each file as a pyarrow table, one at a time; raise SnapshotNotFoundError."""
    for file in files:
        try:
            content = store.get(file.key)
        except MissingObjectError:
            raise SnapshotNotFoundError(
                f"{file.key} is gone, so this snapshot was vacuumed: read a newer one."
            ) from None
        named = None if columns is None else list(columns)
        yield pq.read_table(io.BytesIO(content), columns=named, partitioning=None)
