"""Run a server that refuses root, when the user is root."""

import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from autograder.errors import CourseError

_NOBODY = "nobody"


@dataclass(frozen=True)
class Unprivileged:
    """Say how: by a `prefix` to the command, or as a `user` to whom the data must belong."""

    prefix: tuple[str, ...] = ()
    user: str = ""

    def own(self, folder: Path) -> None:
        """Give the folder and all in it to whoever the server runs as."""
        owner = self.user or os.getuid()
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, owner)


@cache
def unprivileged() -> Unprivileged:
    """Choose the way for this system.

    A user namespace in which root has another number comes first: the data stays the caller's and
    no permission of any folder changes. Where the system grants none it is the user `nobody`.
    """
    if os.getuid() != 0:
        return Unprivileged()
    prefix = ("unshare", "--user", "--map-user=65534", "--map-group=65534", "--")
    if shutil.which("unshare") and not subprocess.call(
        [*prefix, "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ):
        return Unprivileged(prefix=prefix)
    return Unprivileged(user=_NOBODY)


def require_reach(way: Unprivileged, *paths: Path) -> None:
    """Raise CourseError when the user that the server runs as could not come to these paths."""
    if not way.user:
        return
    for path in paths:
        for folder in path.resolve().parents:
            if not folder.stat().st_mode & stat.S_IXOTH:
                raise CourseError(
                    f"Postgres refuses to run as root, and the user {way.user} cannot enter "
                    f"{folder}.",
                    mend="Give the command as an ordinary user, or keep the checkout and its "
                    "environment where every user can enter.",
                )
