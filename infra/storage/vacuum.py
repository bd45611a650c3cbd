"""Remove what no snapshot that is kept needs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from infra.storage.dataset import Dataset
from infra.storage.errors import StorageError
from infra.storage.on_disk import DiskStore


@dataclass(frozen=True)
class Vacuumed:
    """Hold how many snapshots and files were removed, and how many bytes the files had."""

    snapshots: int
    files: int
    size: int


def vacuum(dataset: Dataset, *, keep: int, grace: timedelta | None = None) -> Vacuumed:
    """Keep the newest `keep` snapshots and their files; remove the rest and what was orphaned.

    Orphans are what writers left that died before their commit. What is younger than `grace`, by
    default the dataset's, stays: it may belong to a commit under way. A reader of a snapshot that
    is removed meanwhile is told so.
    """
    if keep < 1:
        raise StorageError(f"A vacuum keeps at least the newest snapshot, not {keep}.")
    before = datetime.now(UTC) - (dataset.config.grace if grace is None else grace)
    # What is there is listed before what is needed: a commit between the two is then needed.
    there = list(dataset.store.listed(f"{dataset.config.name}/data/"))
    snapshots = dataset.snapshots()
    old = [snapshot for snapshot in snapshots[:-keep] if snapshot.made < before]
    kept = snapshots[len(old) :]
    for snapshot in old:
        dataset.log.forget(snapshot.number)
    needed = {file.key for snapshot in kept for file in snapshot.files}
    gone = [found for found in there if found.key not in needed and found.modified < before]
    for found in gone:
        dataset.store.delete(found.key)
    if isinstance(dataset.store, DiskStore):
        dataset.store.drop_drafts(before)
    return Vacuumed(len(old), len(gone), sum(found.size for found in gone))
