"""The scratch folder and the environment of one run."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from autograder.execution.claims import claimed_folder

# Reporting to their makers is off: a run has no network, and waiting for one costs seconds.
_NO_TELEMETRY = {
    "DO_NOT_TRACK": "true",
    "GX_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "NO_ALBUMENTATIONS_UPDATE": "1",
}


@dataclass(frozen=True)
class Scratch:
    """Name the folders of one run; everything a run can write lies below `root`."""

    root: Path

    @property
    def cwd(self) -> Path:
        return self.root / "cwd"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def connection_file(self) -> Path:
        return self.root / "kernel.json"

    @property
    def socket_prefix(self) -> Path:
        return self.root / "k"


@contextmanager
def scratch_folder(
    files: Mapping[str, Path], *, owner: int | None, parent: Path | None = None
) -> Iterator[Scratch]:
    """Make a run's folders below `parent`, with copies of `files`; remove them afterwards."""
    with claimed_folder(parent) as root:
        scratch = Scratch(root)
        scratch.cwd.mkdir()
        (scratch.home / ".config" / "matplotlib").mkdir(parents=True)
        (scratch.home / "ipython").mkdir()
        (root / "tmp").mkdir()
        (root / "passwd").write_text(f"learner:x:{owner or 65534}:65534::{scratch.home}:/bin/sh\n")
        copy_font_list(scratch.home / ".config" / "matplotlib")
        if owner is not None:
            hand_over(root, owner)
        give_files(scratch, files, owner)
        yield scratch


def give_files(scratch: Scratch, files: Mapping[str, Path], owner: int | None) -> None:
    """Copy `files`, relative name to source, to where a run begins."""
    for name, file in files.items():
        (scratch.cwd / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, scratch.cwd / name)
    if owner is not None:
        hand_over(scratch.cwd, owner)


def hand_over(path: Path, owner: int) -> None:
    """Give `path` and all below it to the user id `owner`."""
    os.chown(path, owner, owner)
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            os.chown(Path(folder) / name, owner, owner, follow_symlinks=False)


def fixed_environment() -> dict[str, str]:
    """Return what is the same for every run, and must be set before anything is imported."""
    return {
        **_NO_TELEMETRY,
        "PATH": os.pathsep.join(
            [str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]
        ),
        "USER": "learner",
        "LOGNAME": "learner",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "LAB_RUN": "1",
        # One thread and fixed hashing: the same answer twice is worth more than a parallel one.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def run_environment(scratch: Scratch, variables: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of a run: fixed ones and `variables`, none of the grader's."""
    return {
        **fixed_environment(),
        "HOME": str(scratch.home),
        "TMPDIR": str(scratch.root / "tmp"),
        "IPYTHONDIR": str(scratch.home / "ipython"),
        "MPLCONFIGDIR": str(scratch.home / ".config" / "matplotlib"),
        **variables,
    }


def warm_font_list() -> Path | None:
    """Let Matplotlib make its font list once for all runs; return its folder, if it is there."""
    from importlib.util import find_spec

    if find_spec("matplotlib") is None:
        return None
    folder = user_cache_path("mlops-course-lab") / "matplotlib"
    if not any(folder.glob("fontlist-*.json")):
        import subprocess

        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [sys.executable, "-c", "import matplotlib.font_manager"],
            env={**os.environ, "MPLCONFIGDIR": str(folder), "MPLBACKEND": "agg"},
            capture_output=True,
            check=False,
            timeout=120,
        )
    return folder


def copy_font_list(destination: Path) -> None:
    """Spare Matplotlib the making of its font list in `destination`."""
    folder = user_cache_path("mlops-course-lab") / "matplotlib"
    for file in folder.glob("fontlist-*.json"):
        shutil.copy(file, destination)
