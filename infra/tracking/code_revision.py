"""Tell which code made a model."""

import hashlib
import re
import subprocess
from pathlib import Path

UNKNOWN = "unknown"
CHANGED = "-dirty-"
BUILT_FROM = "REVISION"


def code_revision(folder: Path) -> str:
    """Return the git revision that `folder` is at, or "unknown" outside of git.

    An image has no git: there a file REVISION in `folder` names the commit that it was built from.
    Changes that are not committed add "-dirty-" and a hash of them, so that two states of the same
    revision do not look alike. Files that git does not track do not count.
    """
    revision = _git(folder, "rev-parse", "HEAD")
    changes = _git(folder, "diff", "HEAD", "--binary", "--no-ext-diff", "--no-textconv")
    if revision is None or changes is None:
        return _built_from(folder)
    known = revision.decode().strip()
    return known + CHANGED + hashlib.sha256(changes).hexdigest()[:12] if changes else known


def is_reproducible(revision: str) -> bool:
    """Tell whether `revision` names code that can be checked out again."""
    return revision != UNKNOWN and CHANGED not in revision


def _built_from(folder: Path) -> str:
    file = folder / BUILT_FROM
    said = file.read_text(encoding="utf-8").strip() if file.is_file() else ""
    return said if re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", said) else UNKNOWN


def _git(folder: Path, *arguments: str) -> bytes | None:
    try:
        return subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
