"""Say what a run came from, in the tags under which MLflow keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from autograder.errors import CourseError
from infra.tracking.code_revision import code_revision
from infra.tracking.environment_lock import departures, lock_hash

_PREFIX = "lineage."
_SEPARATOR = "; "
# A run's tag holds 8,000 characters in some stores; what departs may be a whole environment.
_LONGEST = 5000


@dataclass(frozen=True)
class Lineage:
    """Name the code, the data and the locked environment of a run.

    `departures` names the installed packages that are not of the locked version.
    """

    code_revision: str
    data_hash: str
    environment_hash: str
    departures: tuple[str, ...] = ()

    @classmethod
    def gather(cls, *, code: Path, lock: Path, data_hash: str) -> Self:
        """Read the revision of the folder `code` and the environment's `lock` as they are now."""
        return cls(
            code_revision=code_revision(code),
            data_hash=data_hash,
            environment_hash=lock_hash(lock),
            departures=departures(lock),
        )

    def tags(self) -> dict[str, str]:
        """Return the tags that keep this lineage."""
        return {
            _PREFIX + "code_revision": self.code_revision,
            _PREFIX + "data_hash": self.data_hash,
            _PREFIX + "environment_hash": self.environment_hash,
            _PREFIX + "departures": _SEPARATOR.join(self.departures)[:_LONGEST],
        }

    @classmethod
    def from_tags(cls, tags: Mapping[str, str], *, of: str) -> Self:
        """Read a lineage back; raise CourseError naming `of` where the tags keep none."""
        kept = {key.removeprefix(_PREFIX): value for key, value in tags.items() if _PREFIX in key}
        try:
            return cls(
                code_revision=kept["code_revision"],
                data_hash=kept["data_hash"],
                environment_hash=kept["environment_hash"],
                departures=tuple(filter(None, kept.get("departures", "").split(_SEPARATOR))),
            )
        except KeyError as error:
            raise CourseError(
                f"{of} has no {error.args[0]} in its tags: it was not made by infra.tracking.",
                mend="Log the run with `Tracker.run`, which asks for a lineage.",
            ) from None


def data_hash_filter(data_hash: str) -> str:
    """Return the filter by which MLflow finds the runs that learned from this data."""
    return f"tags.`{_PREFIX}data_hash` = '{data_hash}'"
