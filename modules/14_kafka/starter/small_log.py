"""A log in memory with partitions, groups and committed offsets: enough to count what goes wrong.

It keeps what matters of Kafka for a consumer: records stay where they are, a group remembers one
offset for each partition, and a consumer that dies takes nothing with it but its memory.
"""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any


class Died(Exception):  # noqa: N818
    """Stand for SIGKILL: nothing after it is executed."""


@dataclass
class Log:
    """Hold records by partition, and for each group the offset of the next record to do."""

    partitions: int
    records: dict[int, list[Any]] = field(default_factory=dict)
    committed: dict[tuple[str, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.records = {place: [] for place in range(self.partitions)}

    def send(self, record: Any, key: str | None = None) -> int:
        """Append a record and return its partition: that of its key, else the shortest one."""
        if key is None:
            place = min(self.records, key=lambda one: len(self.records[one]))
        else:
            place = zlib.crc32(key.encode()) % self.partitions
        self.records[place].append(record)
        return place

    def batches(self, group: str, size: int) -> Iterator[tuple[int, int, list[Any]]]:
        """Yield (partition, offset, records) from where the group has committed to the ends."""
        for place, records in self.records.items():
            at = self.committed.get((group, place), 0)
            while at < len(records):
                yield place, at, records[at : at + size]
                at += size

    def commit(self, group: str, place: int, offset: int) -> None:
        """Remember the offset of the next record to do."""
        self.committed[group, place] = offset

    def lag(self, group: str) -> dict[int, int]:
        """Return how many records the group has to do in each partition."""
        return {
            place: len(records) - self.committed.get((group, place), 0)
            for place, records in self.records.items()
        }


def commit_first(log: Log, group: str, handle: Callable[[Any], None], size: int) -> None:
    """Commit a batch, then handle it: at most once."""
    for place, offset, records in log.batches(group, size):
        log.commit(group, place, offset + len(records))
        for record in records:
            handle(record)


def commit_after(log: Log, group: str, handle: Callable[[Any], None], size: int) -> None:
    """Handle a batch, then commit it: at least once."""
    for place, offset, records in log.batches(group, size):
        for record in records:
            handle(record)
        log.commit(group, place, offset + len(records))


def through_crashes(
    consume: Callable[..., None], log: Log, group: str, crash_at: set[int], size: int
) -> list[Any]:
    """Let a consumer work that is killed before its n-th record, for each n, and starts again.

    Return the records in the order in which their effects happened.
    """
    effects: list[Any] = []
    touched = 0

    def handle(record: Any) -> None:
        nonlocal touched
        touched += 1
        if touched in crash_at:
            raise Died
        effects.append(record)

    while True:
        try:
            consume(log, group, handle, size)
            return effects
        except Died:
            continue
