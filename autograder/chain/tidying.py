"""Bring a generated module into the form that the course's own linter asks for."""

import importlib.util
import subprocess
import sys
from pathlib import Path

from autograder.errors import CourseError

_SECONDS = 120
_SHOWN = 5


def tidied(text: str, path: Path, source: str) -> str:
    """Sort the imports of `text`, drop those nobody uses, and format it as a file at `path`.

    Raise CourseError, naming `source`, for what the linter finds in it.
    """
    if importlib.util.find_spec("ruff") is None:
        raise CourseError(
            f"{path.name} cannot be generated: ruff is not installed.", mend="Run: make setup-dev"
        )
    text = _ruff(["check", "--fix-only", "--fixable", "I001,F401"], text, path).stdout
    formatted = _ruff(["format"], text, path)
    text, found = formatted.stdout, formatted.stderr
    if not formatted.returncode:
        found = _ruff(["check", "--output-format", "concise"], text, path).stdout
    if found:
        told = "".join(f"\n  {_shown(line, text, path)}" for line in found.splitlines()[:_SHOWN])
        raise CourseError(
            f"{source}: leaves.cells: as a module, {path.name} would not pass ruff:{told}",
            mend="Mend the answer cells that these lines come from.",
        )
    return text


def _shown(problem: str, text: str, path: Path) -> str:
    """Tell one of ruff's findings together with the line of `text` that it is about."""
    place = problem.rpartition(f"{path.name}:")[2]
    number, _, told = place.partition(":")
    if not number.isdigit():
        return problem
    line = text.splitlines()[int(number) - 1].strip()
    return f"line {number}, {told.partition(':')[2].strip()}: {line}"


def _ruff(arguments: list[str], text: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Run ruff on `text` as if it stood at `path`."""
    return subprocess.run(
        [sys.executable, "-m", "ruff", *arguments, "--quiet", "--stdin-filename", str(path), "-"],
        input=text,
        capture_output=True,
        encoding="utf-8",
        timeout=_SECONDS,
        check=False,
    )
