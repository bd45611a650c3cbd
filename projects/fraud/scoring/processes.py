"""Run the scorer's commands as processes of their own, as an operator or a drill does."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from infra.settings import Settings
from infra.settings.exporting import environment_of

_REPOSITORY = Path(__file__).parents[3]
_DIE_WITH_PARENT = 1


class ScoringProcess:
    """Run `python -m projects.fraud.scoring` with `words`, on the endpoints of `settings`.

    What it says goes to the end of `log`. Used in a `with`, it is gone at the end of the block; on
    Linux also when this process is.
    """

    def __init__(
        self,
        settings: Settings,
        log: Path,
        words: Sequence[str],
        parts: Sequence[str] = ("kafka",),
    ) -> None:
        told = {name: value for name, value in os.environ.items() if not name.startswith("LAB_")}
        self._log = log.open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "projects.fraud.scoring", *words],
            cwd=_REPOSITORY,
            env=told | environment_of(settings, parts),
            stdout=self._log,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_the_parent,
        )

    def kill(self) -> None:
        """End it with SIGKILL, in the midst of whatever it does; raise if it ended before."""
        if self.process.poll() is not None:
            raise RuntimeError(f"it ended by itself with {self.process.returncode}")
        self.process.kill()
        self.process.wait()

    def end(self, patience: float = 30.0) -> float:
        """End it with SIGTERM; return the seconds it took, and raise if it did not end in order."""
        begun = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(patience)
        if code:
            raise RuntimeError(f"it ended with {code}; see {self._log.name}")
        return time.monotonic() - begun

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *rest: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._log.close()


def die_with_the_parent() -> None:
    """Have the system kill this process when the one that started it is gone; on Linux alone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
