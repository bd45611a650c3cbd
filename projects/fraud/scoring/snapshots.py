"""Keep the states of partitions in files, each of which appears whole or not at all."""

import logging
import os
import re
from dataclasses import dataclass
from pathlib import Path

from infra.features.errors import SnapshotError
from projects.fraud.scoring.partition_state import PartitionState
from projects.fraud.windows.online import OnlineConfig

log = logging.getLogger(__name__)
_NAME = re.compile(r"partition-(\d+)-at-(\d+)\.state")


@dataclass(frozen=True)
class Snapshots:
    """Keep the newest `kept` snapshots of each partition in `folder`."""

    folder: Path
    kept: int = 3

    def save(self, partition: int, state: PartitionState) -> Path:
        """Write a state and let go the oldest beyond those to keep; return the file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"partition-{partition}-at-{state.position}.state"
        draft = self.folder / f".draft-{os.getpid()}-{path.name}"
        with draft.open("wb") as file:
            file.write(state.snapshot())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        for position in self.positions(partition)[: -self.kept]:
            self._path(partition, position).unlink(missing_ok=True)
        return path

    def positions(self, partition: int) -> list[int]:
        """Return the offsets at which a partition was saved, from first to last."""
        found = (_NAME.fullmatch(path.name) for path in self.folder.glob("*.state"))
        return sorted(int(one[2]) for one in found if one and int(one[1]) == partition)

    def newest(self, partition: int, until: int, config: OnlineConfig) -> PartitionState | None:
        """Return the last state at an offset of at most `until`, None where there is none.

        A snapshot that cannot be used is told in the log and passed over: the log of payments has
        all that it holds.
        """
        for position in reversed(self.positions(partition)):
            if position > until:
                continue
            path = self._path(partition, position)
            try:
                return PartitionState.restore(config, path.read_bytes())
            except (OSError, SnapshotError) as error:
                log.warning("%s is passed over: %s", path, error)
        return None

    def _path(self, partition: int, position: int) -> Path:
        return self.folder / f"partition-{partition}-at-{position}.state"
