"""Where one checkout's local stack keeps everything it writes."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError
from infra.settings.resolve import REMEMBERED_FILE

# A unix socket's address holds 104 bytes on macOS and 108 on Linux, the end mark included.
_LONGEST_SOCKET_PATH = 100


@dataclass(frozen=True)
class StackHome:
    """Name the files and folders of one stack; `root` is absolute and holds all but the lock."""

    root: Path

    @property
    def lock(self) -> Path:
        """Return the file that commands lock; it lies outside, since `wipe` removes the rest."""
        return self.root.with_suffix(".lock")

    @property
    def remembered(self) -> Path:
        return self.root / REMEMBERED_FILE

    @property
    def configuration(self) -> Path:
        return self.root / "supervisord.conf"

    @property
    def pid_file(self) -> Path:
        return self.root / "supervisord.pid"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def log(self, program: str) -> Path:
        return self.logs / f"{program}.log"

    def data(self, part: str = "") -> Path:
        """Return the folder of a part's data, or of all data."""
        return self.root / "data" / part

    @property
    def socket(self) -> Path:
        """Return where the supervisor listens: inside, unless the path is too long for a socket."""
        inside = self.root / "supervisor.sock"
        if len(os.fsencode(inside)) <= _LONGEST_SOCKET_PATH:
            return inside
        key = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"lab-stack-{os.getuid()}-{key}" / "supervisor.sock"

    def make(self) -> None:
        """Create the folders; refuse a socket folder that belongs to somebody else."""
        self.logs.mkdir(parents=True, exist_ok=True)
        folder = self.socket.parent
        if folder == self.root:
            return
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            raise CourseError(
                f"{folder} belongs to another user.",
                mend="Remove it, or set TMPDIR to a folder of your own.",
            )
