"""Publish snapshots one after another; each number is taken once."""

from contextlib import suppress
from datetime import datetime

from infra.storage.errors import SnapshotNotFoundError
from infra.storage.object_store import MissingObjectError, ObjectStore
from infra.storage.snapshot import Snapshot

_DIGITS = 10


class SnapshotLog:
    """Hold a dataset's history. The newest snapshot is the one with the greatest number.

    There is no pointer that could be left behind: to publish is to take the next number, which
    the store lets one writer do.
    """

    def __init__(self, store: ObjectStore, dataset: str) -> None:
        self._store, self.dataset = store, dataset
        self._folder = f"{dataset}/snapshots/"

    def numbers(self) -> list[int]:
        """Return the numbers of all snapshots that are kept, oldest first."""
        keys = [found.key for found in self._store.listed(self._folder)]
        return [int(key.rsplit("/", 1)[1].removesuffix(".json")) for key in keys]

    def latest(self) -> Snapshot | None:
        """Return the newest snapshot, None where nothing was ever committed."""
        while True:
            numbers = self.numbers()
            if not numbers:
                return None
            try:
                return self.get(numbers[-1])
            except SnapshotNotFoundError:
                # A vacuum came between; the newest of all is never taken away.
                continue

    def get(self, number: int) -> Snapshot:
        """Return one snapshot; raise SnapshotNotFoundError."""
        key = self.key(number)
        try:
            return Snapshot.from_json(self._store.get(key), key)
        except MissingObjectError:
            raise SnapshotNotFoundError(
                f"{self.dataset} has no snapshot {number}: there are {self._there_are()}."
            ) from None

    def as_of(self, moment: datetime) -> Snapshot:
        """Return what was the newest snapshot at `moment`; raise SnapshotNotFoundError."""
        if moment.tzinfo is None:
            raise ValueError(f"{moment} has no time zone: say in which it is meant.")
        # Times never go back from one snapshot to the next, so the search can be halved.
        numbers = self.numbers()
        low, high = 0, len(numbers)
        found = None
        while low < high:
            middle = (low + high) // 2
            snapshot = self.get(numbers[middle])
            if snapshot.made <= moment:
                found, low = snapshot, middle + 1
            else:
                high = middle
        if found is None:
            raise SnapshotNotFoundError(
                f"{self.dataset} keeps no snapshot from {moment} or before: "
                f"there are {self._there_are()}."
            )
        return found

    def since(self, number: int) -> list[Snapshot]:
        """Return the snapshots that are kept after `number`, oldest first."""
        found = []
        for later in self.numbers():
            # One that a vacuum takes meanwhile is kept no more.
            with suppress(SnapshotNotFoundError):
                found += [self.get(later)] if later > number else []
        return found

    def publish(self, snapshot: Snapshot) -> bool:
        """Make a snapshot the newest; return False where its number is taken already."""
        return self._store.put_if_absent(self.key(snapshot.number), snapshot.to_json())

    def forget(self, number: int) -> None:
        """Remove a snapshot from the history."""
        self._store.delete(self.key(number))

    def key(self, number: int) -> str:
        """Return where a snapshot is kept."""
        return f"{self._folder}{number:0{_DIGITS}d}.json"

    def _there_are(self) -> str:
        numbers = self.numbers()
        return f"{numbers[0]} to {numbers[-1]}" if numbers else "none yet"
