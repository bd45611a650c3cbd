"""Make a commit after all others that come first, once."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from infra.storage.errors import (
    CommitConflictError,
    CommitUncertainError,
    StorageUnavailableError,
)
from infra.storage.snapshot import DataFile, Snapshot
from infra.storage.snapshot_log import SnapshotLog

_LONGEST_PAUSE_SECONDS = 0.05
_LONGEST_BACKOFF = 5


@dataclass(frozen=True)
class Change:
    """Hold what a commit is to make: `join` gives the files it leaves, from the newest snapshot.

    `started` is when its first file was written, by time.monotonic.
    """

    commit_id: str
    note: str
    schema: Any
    partition_by: tuple[str, ...]
    join: Callable[[Snapshot | None], tuple[DataFile, ...]]
    started: float


@dataclass(frozen=True)
class CommitLimits:
    """Bound how often a commit makes way for others, and how long it may take."""

    attempts: int
    seconds: float


def commit(
    log: SnapshotLog, base: Snapshot | None, change: Change, limits: CommitLimits
) -> Snapshot:
    """Publish the change as the snapshot after the newest, and return it.

    `base` is the newest that is known. Where others come first the change is joined to theirs;
    where one of them is this very commit, that one is returned. Raise CommitUncertainError when
    the store fails, CommitConflictError past the limits.
    """
    for attempt in range(limits.attempts):
        new = _next(base, change)
        if time.monotonic() - change.started > limits.seconds:
            raise CommitConflictError(
                f"This commit to {log.dataset} took longer than "
                f"{timedelta(seconds=limits.seconds)}, and a vacuum may soon take its files for "
                "orphans: do it again, or give the dataset more grace."
            )
        try:
            if log.publish(new):
                return new
            later = log.since(base.number if base else 0)
        except StorageUnavailableError as error:
            raise CommitUncertainError(
                f"Whether snapshot {new.number} of {log.dataset} was made is not known: {error} "
                f'Commit again with commit_id="{change.commit_id}".'
            ) from error
        for other in later:
            if other.commit_id == change.commit_id:
                return other
        base = later[-1] if later else log.latest()
        time.sleep(random.random() * _LONGEST_PAUSE_SECONDS * min(attempt + 1, _LONGEST_BACKOFF))
    raise CommitConflictError(
        f"{limits.attempts} other commits to {log.dataset} came first: try again, with fewer "
        "writers or larger commits."
    )


def _next(base: Snapshot | None, change: Change) -> Snapshot:
    now = datetime.now(UTC)
    return Snapshot(
        base.number + 1 if base else 1,
        change.commit_id,
        # Clocks differ, but no snapshot is older than the one that it follows.
        max(now, base.made) if base else now,
        change.note,
        change.schema,
        change.partition_by,
        change.join(base),
    )
