"""Tell whether a submission was already graded by the lab as it stands."""

import hashlib
from importlib.metadata import version
from pathlib import Path

from autograder.contract.conventions import PROOF
from autograder.contract.notebooks import MAX_NOTEBOOK_BYTES
from autograder.grading.intake import TIMESTAMP_FILE

# What a verdict depends on. A lab's data and helper modules count with its own files.
_IGNORED = {"__pycache__", ".ipynb_checkpoints", PROOF}
_UNREADABLE = b"unreadable"


def lab_digest(lab: Path) -> str:
    """Hash the files of a lab's folder and the grader's version."""
    digest = hashlib.sha256(version("mlops-course-lab").encode())
    for file in sorted(p for p in lab.rglob("*") if p.is_file()):
        if not _IGNORED.intersection(file.relative_to(lab).parts):
            digest.update(str(file.relative_to(lab)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def submission_digest(folder: Path, lab_hash: str, notebook_name: str = "lab.ipynb") -> str:
    """Hash what of a submission is graded, together with the lab's hash."""
    digest = hashlib.sha256(lab_hash.encode())
    for name in (notebook_name, TIMESTAMP_FILE):
        path = folder / name
        digest.update(name.encode() + b"\0" + _content(path))
    return digest.hexdigest()


def _content(path: Path) -> bytes:
    """Return a file's hash; links, oddities and what is too large to be graded stay unread."""
    try:
        if path.is_symlink() or not path.is_file():
            return _UNREADABLE + str(path.is_symlink()).encode()
        # A file can claim to be a terabyte without taking any room.
        if (size := path.stat().st_size) > MAX_NOTEBOOK_BYTES:
            return _UNREADABLE + str(size).encode()
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        return _UNREADABLE
