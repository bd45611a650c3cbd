"""Find servers that the system's own packages bring."""

import shutil
import subprocess
from functools import cache
from pathlib import Path


def find_binary(*names: str) -> Path | None:
    """Return the first of these programs that the system has."""
    for name in names:
        found = shutil.which(name)
        if found:
            return Path(found)
    return None


@cache
def version_of(binary: Path) -> str:
    """Return the third word of what `--version` says, which is where Prometheus's family has it."""
    said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False)
    words = (said.stdout or said.stderr).split()
    return words[2].split("+")[0] if len(words) > 2 else "?"
