"""`lab formgrader`: nbgrader's formgrader on a graded cohort."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from autograder.errors import CourseError
from autograder.grading.layout import OutputLayout
from autograder.paths import COURSE_VARIABLE, CoursePaths, find_course

_CONFIG = '''"""nbgrader on this graded cohort; written by `lab formgrader`."""
from pathlib import Path

from autograder.releasing.settings import configure

c = get_config()  # noqa: F821
configure(c, Path({course!r}))
c.CourseDirectory.root = {root!r}
c.CourseDirectory.source_directory = {source!r}
c.CourseDirectory.db_url = {db_url!r}
# No submitted_directory: formgrader's "Autograde" would run submissions outside the sandbox.
'''


def register(app: typer.Typer) -> None:
    """Add the formgrader to `app`."""
    app.command("formgrader", rich_help_panel="Instructors")(formgrader)


def formgrader(
    output: Annotated[
        Path | None, typer.Option(help="A graded cohort's folder.", show_default="the demo's")
    ] = None,
    port: Annotated[int, typer.Option(help="Where it listens, on this machine alone.")] = 8888,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
) -> None:
    """Open nbgrader's formgrader on a graded cohort: look at work, add points and comments.

    What a human gives there is never touched by `lab grade` or `lab regrade`.

    Example: lab formgrader --output graded
    """
    course = find_course()
    root = (output or course.state / "demo" / "graded").resolve()
    write_config(course, root)
    command = [sys.executable, "-m", "jupyter", "lab", f"--port={port}", "--ip=127.0.0.1"]
    command += ["--LabApp.default_url=/formgrader/gradebook", f"--notebook-dir={root}"]
    if os.geteuid() == 0:
        command.append("--allow-root")
    if not browser:
        command.append("--no-browser")
    # In place of this process: whoever ends it ends the server, and with it the kernels.
    os.chdir(root)
    os.execve(sys.executable, command, {**os.environ, COURSE_VARIABLE: str(course.root)})


def write_config(course: CoursePaths, root: Path) -> Path:
    """Make the graded cohort in `root` a course folder of nbgrader's; return its configuration."""
    layout = OutputLayout(root)
    if not layout.gradebook.is_file():
        raise CourseError(
            f"{root} holds no gradebook.", mend="Grade a cohort first: `lab grade`, or `lab demo`."
        )
    config = root / "nbgrader_config.py"
    config.write_text(
        _CONFIG.format(
            course=str(course.root),
            root=str(root),
            source=os.path.relpath(course.labs, root),
            db_url=f"sqlite:///{layout.gradebook}",
        ),
        encoding="utf-8",
    )
    return config
