"""What a dataset was at one commit: which files, of which columns."""

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from infra.storage.errors import StorageError

_VERSION = 1


@dataclass(frozen=True)
class DataFile:
    """Hold one Parquet file of a dataset: its key, its rows and bytes, its partition's values."""

    key: str
    rows: int
    size: int
    partition: tuple[str, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """Hold one commit: all files that the dataset then had, and who made it of what."""

    number: int
    commit_id: str
    made: datetime
    note: str
    schema: Any
    partition_by: tuple[str, ...]
    files: tuple[DataFile, ...]

    @property
    def rows(self) -> int:
        """Return how many rows the dataset had."""
        return sum(file.rows for file in self.files)

    def to_json(self) -> bytes:
        """Return the snapshot as it is kept; `columns` is there for people to read."""
        plain = {
            "version": _VERSION,
            "number": self.number,
            "commit_id": self.commit_id,
            "made": self.made.isoformat(),
            "note": self.note,
            "columns": {field.name: str(field.type) for field in self.schema},
            "schema": base64.b64encode(self.schema.serialize().to_pybytes()).decode(),
            "partition_by": self.partition_by,
            "files": [[file.key, file.rows, file.size, file.partition] for file in self.files],
        }
        return json.dumps(plain).encode()

    @classmethod
    def from_json(cls, content: bytes, key: str) -> "Snapshot":
        """Read a snapshot kept under `key`; raise StorageError for what is none."""
        try:
            plain = json.loads(content)
            if plain["version"] != _VERSION:
                raise StorageError(f"{key} is of version {plain['version']}, not {_VERSION}.")
            return cls(
                plain["number"],
                plain["commit_id"],
                datetime.fromisoformat(plain["made"]),
                plain["note"],
                pa.ipc.read_schema(pa.py_buffer(base64.b64decode(plain["schema"]))),
                tuple(plain["partition_by"]),
                tuple(
                    DataFile(name, rows, size, tuple(partition))
                    for name, rows, size, partition in plain["files"]
                ),
            )
        except (ValueError, KeyError, TypeError, pa.ArrowException) as error:
            raise StorageError(f"{key} is no snapshot that can be read: {error!r}.") from error
