"""Programs that only some systems have: used where they are found, loudly missed elsewhere."""

import shutil
import subprocess
import warnings
from pathlib import Path

import pytest


def tool(name: str, package: str) -> str:
    """Return where a program is; skip the test, with a warning in the summary, where it is not."""
    found = shutil.which(name)
    if found is None:
        told = f"{name} was not found, so what it proves was not proved: apt install {package}"
        warnings.warn(told, stacklevel=2)
        pytest.skip(told)
    return found


def said(*command: str | Path, folder: Path | None = None) -> str:
    """Run a program and return what it said; fail with that where it fails."""
    ran = subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=600)
    assert ran.returncode == 0, f"{' '.join(map(str, command))}\n{ran.stdout}{ran.stderr}"
    return ran.stdout + ran.stderr
