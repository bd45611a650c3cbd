"""Hash the lock of the environment, and say where what is installed departs from it."""

import hashlib
import importlib.metadata
import re
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from autograder.errors import CourseError


def lock_hash(lock: Path) -> str:
    """Return the SHA-256 of a requirements file's content; comments and line ends do not matter."""
    lines = [line.strip() for line in _read(lock).splitlines()]
    kept = [line for line in lines if line and not line.startswith("#")]
    return hashlib.sha256("\n".join(kept).encode()).hexdigest()


def departures(lock: Path) -> tuple[str, ...]:
    """Return "name found, not locked" for each installed package of another version than locked.

    Packages that the lock names and that are not installed do not count: extras are left out.
    """
    found = {
        canonicalize_name(name): distribution.version
        for distribution in importlib.metadata.distributions()
        if (name := distribution.metadata["Name"])
    }
    departed = []
    for requirement in _requirements(lock):
        version = found.get(canonicalize_name(requirement.name))
        applies = requirement.marker is None or requirement.marker.evaluate()
        if version and applies and not requirement.specifier.contains(version, prereleases=True):
            departed.append(f"{requirement.name} {version}, not {requirement.specifier}")
    return tuple(sorted(departed))


def _requirements(lock: Path) -> list[Requirement]:
    logical = _read(lock).replace("\\\n", " ")
    found = []
    for line in logical.splitlines():
        text = re.split(r"\s(?:--|#)", line.strip(), maxsplit=1)[0].strip()
        if not text or text.startswith(("#", "-")):
            continue
        try:
            found.append(Requirement(text))
        except InvalidRequirement as error:
            raise CourseError(
                f"{lock.name}: cannot read the requirement {text!r}: {error}.",
                mend="Give a lock in the form of a requirements file.",
            ) from error
    return found


def _read(lock: Path) -> str:
    try:
        return lock.read_text(encoding="utf-8")
    except OSError as error:
        raise CourseError(
            f"Cannot read the environment's lock {lock}: {error.strerror}.",
            mend="Name the requirements file that the environment was installed from.",
        ) from error
