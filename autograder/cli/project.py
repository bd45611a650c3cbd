"""`lab run`: play one of the course's projects from its first step to its last."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from autograder.errors import CourseError
from autograder.paths import COURSE_VARIABLE, find_course

_PANEL = "Projects"
_HELP = ("-h", "--help")


def register(app: typer.Typer) -> None:
    """Add the command that plays projects to `app`."""
    app.command(
        "run",
        rich_help_panel=_PANEL,
        # What follows the name is the project's own, its help included.
        context_settings={
            "allow_extra_args": True,
            "ignore_unknown_options": True,
            "help_option_names": [],
        },
    )(run)


def run(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The project, such as fraud.")] = "",
) -> None:
    """Play a whole project on the local stack; it ends with a page of pictures.

    `lab run fraud --help` tells what a project lets you choose. Paths that you give are those of
    the folder you are in.

    Example: lab run fraud --quick
    """
    root = find_course().root
    known = _playable(root / "projects")
    if not name or name in _HELP:
        typer.echo("Usage: lab run PROJECT [OPTIONS]\n")
        typer.echo("Plays a whole project on the local stack; it ends with a page of pictures.\n")
        typer.echo(f"Projects: {', '.join(known) or 'none here'}")
        typer.echo("Options:  lab run PROJECT --help")
        return
    if name not in known:
        raise CourseError(
            f"There is no project {name!r} that can be played.",
            mend=f"Choose one of these: {', '.join(known) or 'none is here'}.",
        )
    # A process of its own: the projects' packages are extras that the grader does without.
    # It stays in the caller's folder, whose paths it is given, and imports nothing from there (-P).
    command = [sys.executable, "-P", "-m", f"projects.{name}", *context.args]
    raise typer.Exit(subprocess.run(command, env=_environment(root), check=False).returncode)


def _environment(root: Path) -> dict[str, str]:
    paths = [str(root), os.environ.get("PYTHONPATH", "")]
    told = {COURSE_VARIABLE: str(root), "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    return {**os.environ, **told}


def _playable(projects: Path) -> list[str]:
    return sorted(path.parent.name for path in projects.glob("*/__main__.py"))
