"""`lab formgrader`: nbgrader's formgrader on a graded cohort."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from nbgrader.utils import parse_utc

from autograder.classic.assignment import PlainAssignment
from autograder.classic.settings import CONFIG
from autograder.errors import CourseError
from autograder.grading.layout import OutputLayout
from autograder.paths import COURSE_VARIABLE, CoursePaths, find_course
from autograder.recording.addresses import driven
from autograder.recording.gradebook import writing
from autograder.recording.roster import enrol, read_roster
from autograder.scoring import read_scorecard

# Stamps alone, no notebooks: formgrader counts and dates submissions by them, and its "Autograde",
# which would run submissions outside the sandbox, finds nothing to run.
RECEIVED = "received"
_HEAD = '''"""nbgrader on this graded cohort; written by `lab grade`."""
from pathlib import Path

c = get_config()  # noqa: F821
'''
_COURSE = """
from autograder.releasing.settings import configure

configure(c, Path({course!r}))
"""
_PLACES = """
c.CourseDirectory.root = {root!r}
c.CourseDirectory.source_directory = {source!r}
c.CourseDirectory.submitted_directory = {received!r}
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.db_url = {db_url!r}
"""


def register(app: typer.Typer) -> None:
    """Add the formgrader to `app`."""
    app.command("formgrader", rich_help_panel="Instructors")(formgrader)


def formgrader(
    output: Annotated[
        Path | None, typer.Option(help="A graded cohort's folder.", show_default="the demo's")
    ] = None,
    port: Annotated[int, typer.Option(help="Where it listens, on this machine alone.")] = 8888,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
    roster: Annotated[
        Path | None, typer.Option(help="CSV of names: id, first_name, last_name, email.")
    ] = None,
) -> None:
    """Open nbgrader's formgrader on a graded cohort: look at work, add points and comments.

    What a human gives there is never touched by `lab grade` or `lab regrade`.

    Example: lab formgrader --output graded
    """
    root, environment = _cohort(output)
    if roster is not None:
        _name_students(root, roster)
    command = [sys.executable, "-m", "jupyter", "lab", f"--port={port}", "--ip=127.0.0.1"]
    command += ["--LabApp.default_url=/formgrader/gradebook", f"--notebook-dir={root}"]
    if os.geteuid() == 0:
        command.append("--allow-root")
    if not browser:
        command.append("--no-browser")
    # In place of this process: whoever ends it ends the server, and with it the kernels.
    os.chdir(root)
    os.execve(sys.executable, command, environment)


def write_config(course: CoursePaths, root: Path) -> Path:
    """Make of the cohort in `root` a course folder of nbgrader's; return its configuration."""
    head = _HEAD + _COURSE.format(course=str(course.root))
    return _write(head, course.labs, root)


def write_plain_config(assignment: PlainAssignment, root: Path) -> Path:
    """Do the same for a cohort of a plain nbgrader course, whose own settings stay out."""
    return _write(_HEAD, assignment.folder.parent, root)


def note_received(layout: OutputLayout) -> None:
    """Leave a stamp for every graded submission, where formgrader looks for what was handed in."""
    for path in layout.root.glob("scorecards/*/*/scorecard.json"):
        try:
            card = read_scorecard(path)
        except CourseError:
            continue
        folder = layout.root / RECEIVED / path.parents[1].name / path.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        stamp = folder / "timestamp.txt"
        if card.submitted_at is None:
            stamp.unlink(missing_ok=True)
        else:
            stamp.write_text(f"{parse_utc(card.submitted_at):%Y-%m-%d %H:%M:%S.%f} UTC\n")


def _cohort(output: Path | None) -> tuple[Path, dict[str, str]]:
    """Find the cohort and the environment to serve it in; a plain course's is ready as it is."""
    try:
        course = find_course()
    except CourseError:
        if output is None or not (output / CONFIG).is_file():
            raise
        return output.resolve(), dict(os.environ)
    root = (output or course.state / "demo" / "graded").resolve()
    config = root / CONFIG
    if config.is_file() and "configure(c" not in config.read_text(encoding="utf-8"):
        note_received(OutputLayout(root))
    else:
        write_config(course, root)
    return root, {**os.environ, COURSE_VARIABLE: str(course.root)}


def _name_students(root: Path, roster: Path) -> None:
    named = read_roster(roster)
    with writing(OutputLayout(root).gradebook_url) as book:
        for student in [row.id for row in book.book.students]:
            enrol(book.book, student, named)


def _write(head: str, source: Path, root: Path) -> Path:
    layout = OutputLayout(root)
    if not layout.has_gradebook:
        raise CourseError(
            f"{root} holds no gradebook.", mend="Grade a cohort first: `lab grade`, or `lab demo`."
        )
    note_received(layout)
    config = root / CONFIG
    places = _PLACES.format(
        root=str(root),
        source=os.path.relpath(source, root),
        received=RECEIVED,
        db_url=driven(layout.gradebook_url),
    )
    config.write_text(head + places, encoding="utf-8")
    return config
