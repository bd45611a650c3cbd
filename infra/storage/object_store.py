"""What a dataset asks of the place that keeps its files."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from infra.storage.errors import StorageError


@dataclass(frozen=True)
class StoredObject:
    """Hold a file's key, its size in bytes, and when it was written by the store's clock."""

    key: str
    size: int
    modified: datetime


class MissingObjectError(StorageError):
    """Report a key under which nothing is kept."""


class ObjectStore(Protocol):
    """Keep whole objects under keys like `a/b.parquet`; nobody ever reads half of one.

    Every method raises StorageUnavailableError when the place does not answer.
    """

    def put(self, key: str, content: bytes) -> None:
        """Keep `content`, in place of what may be there."""

    def put_if_absent(self, key: str, content: bytes) -> bool:
        """Keep `content` if nothing is there, and say so; of several who try, one succeeds."""

    def get(self, key: str) -> bytes:
        """Return what is kept; raise MissingObjectError where nothing is."""

    def listed(self, prefix: str) -> Iterator[StoredObject]:
        """Return what is kept under keys that start so, ordered by key."""

    def delete(self, key: str) -> None:
        """Remove what is kept; nothing happens where nothing is."""
