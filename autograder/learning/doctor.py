"""Look at the machine: what works, what does not, and what to do about it."""

import importlib.util
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement

from autograder.execution import Confinement
from autograder.paths import CoursePaths

_LEAST_DISK_GB, _LEAST_MEMORY_GB = 2.0, 2.0
_PACKAGE = "mlops-course-lab"


@dataclass(frozen=True)
class Finding:
    """Hold one thing looked at, what was found, and its mend where it needs one."""

    what: str
    state: Literal["good", "note", "problem"]
    found: str
    mend: str = ""


def diagnose(course: CoursePaths | None, confinement: Confinement) -> Iterator[Finding]:
    """Look at Python, packages, disk, memory, folders, sandbox and browser, one by one."""
    yield _python()
    yield _packages()
    yield _course(course)
    if course is not None:
        yield _disk(course.root)
        for folder in (course.work, course.state, course.root / "submitted"):
            yield _writable(folder)
    yield _memory()
    yield _kernel()
    yield _sandbox(confinement)
    yield _browser()


def _python() -> Finding:
    found = f"{platform.python_version()} ({sys.executable})"
    if (3, 11) <= sys.version_info[:2] < (3, 13):
        return Finding("Python", "good", found)
    return Finding("Python", "problem", found, "Use Python 3.11 or 3.12, then run `make setup`.")


def _packages() -> Finding:
    try:
        needed = [Requirement(line) for line in requires(_PACKAGE) or ()]
    except PackageNotFoundError:
        return Finding("Packages", "problem", f"{_PACKAGE} is not installed", "Run `make setup`.")
    wrong = []
    for requirement in needed:
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            if not requirement.specifier.contains(version(requirement.name), prereleases=True):
                wrong.append(f"{requirement.name} {version(requirement.name)}")
        except PackageNotFoundError:
            wrong.append(f"{requirement.name} (missing)")
    if wrong:
        return Finding("Packages", "problem", ", ".join(wrong), "Run `make setup`.")
    return Finding("Packages", "good", "all that the labs need are installed")


def _course(course: CoursePaths | None) -> Finding:
    if course is None:
        mend = "Change into a course checkout, or set LAB_COURSE to one."
        return Finding("Course", "problem", f"none at or above {Path.cwd()}", mend)
    return Finding("Course", "good", str(course.root))


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free / 1e9
    if free < _LEAST_DISK_GB:
        mend = f"Free some space: labs need about {_LEAST_DISK_GB:g} GB."
        return Finding("Disk", "problem", f"{free:.1f} GB free", mend)
    return Finding("Disk", "good", f"{free:.0f} GB free")


def _memory() -> Finding:
    import psutil

    free = psutil.virtual_memory().available / 1e9
    if free < _LEAST_MEMORY_GB:
        return Finding("Memory", "note", f"{free:.1f} GB free", "Close other programs.")
    return Finding("Memory", "good", f"{free:.0f} GB free")


def _writable(folder: Path) -> Finding:
    name = f"Folder {folder.name}/"
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            return Finding(name, "good", "can be written to")
    except OSError as error:
        mend = f"Give yourself the right to write there: chmod u+w {existing}"
        return Finding(name, "problem", f"{existing}: {error.strerror}", mend)


def _kernel() -> Finding:
    if importlib.util.find_spec("ipykernel") is None:
        return Finding("Notebook kernel", "problem", "ipykernel is missing", "Run `make setup`.")
    return Finding("Notebook kernel", "good", f"ipykernel {version('ipykernel')}")


def _sandbox(confinement: Confinement) -> Finding:
    if confinement.complete:
        return Finding("Sandbox", "good", ", ".join(confinement.layers))
    mend = "Your own work runs all the same; strangers' should not. See the instructor guide."
    found = f"{', '.join(confinement.layers)}; without {'; '.join(confinement.missing)}"
    return Finding("Sandbox", "note", found, mend)


def _browser() -> Finding:
    """Look for the browser that the browser tests drive; learners can do without it."""
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    folders = [Path(named)] if named else []
    folders += [
        Path.home() / ".cache" / "ms-playwright",
        Path.home() / "Library/Caches/ms-playwright",
    ]
    if any(any(folder.glob("chromium*")) for folder in folders if folder.is_dir()):
        return Finding("Browser for tests", "good", "Chromium is installed")
    if found := shutil.which("chromium") or shutil.which("google-chrome"):
        return Finding("Browser for tests", "good", found)
    mend = "Only the browser tests need it: `playwright install chromium`."
    return Finding("Browser for tests", "note", "Chromium was not found", mend)
