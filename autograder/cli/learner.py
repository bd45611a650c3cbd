"""The learner's commands that run nothing; those that run or hand in work are in learner_work."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.chain.before import FOLDER, lay_out_before
from autograder.cli.learner_view import print_hint, print_listing, print_progress
from autograder.contract.lab import Lab
from autograder.course.course import Course
from autograder.course.loading import load_course
from autograder.errors import CourseError
from autograder.learning.hint import next_hint
from autograder.learning.places import find_place, find_place_of_task, the_lab
from autograder.learning.progress import Row, State, progress_rows
from autograder.learning.reset import reset_lab, reset_task
from autograder.learning.start import released_lab, start_lab
from autograder.learning.student import student_name
from autograder.paths import CoursePaths, find_course

LEARNERS = "Learners"

AsJson = Annotated[bool, typer.Option("--json", help="Print data in place of tables.")]
Track = Annotated[str | None, typer.Option(help="Only the labs of one track.", metavar="ID")]
OfLab = Annotated[
    str | None, typer.Option("--lab", help="The lab, where several have that task.", metavar="ID")
]


def register(app: typer.Typer) -> None:
    """Add the learner's commands to `app`."""
    app.command("list", rich_help_panel=LEARNERS)(list_labs)
    app.command("start", rich_help_panel=LEARNERS)(start)
    app.command("hint", rich_help_panel=LEARNERS)(hint)
    app.command("reset", rich_help_panel=LEARNERS)(reset)
    app.command("progress", rich_help_panel=LEARNERS)(progress)


def list_labs(
    track: Track = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Planned labs too, which nobody can start yet.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the labs in the course's order, each with where you stand.

    Example: lab list --track sre
    """
    paths = find_course()
    course = load_course(paths)
    rows = progress_rows(paths, course, track=track)
    if as_json:
        typer.echo(json.dumps([_data(row, course) for row in rows], indent=2))
        return
    shown = [row for row in rows if everything or row.state is not State.PLANNED]
    print_listing(Console(), shown, hidden=len(rows) - len(shown), course=course, track=track)


def start(
    lab_id: Annotated[str, typer.Argument(help="The lab to start; `lab list` shows them.")],
) -> None:
    """Copy a lab to work/ID, where you answer it; nothing of yours is ever overwritten.

    Example: lab start 03_numeric_python
    """
    paths = find_course()
    lab = the_lab(paths, lab_id)
    begun = start_lab(paths, lab, build=_build)
    console = Console()
    where = _shown(begun.folder, paths)
    if begun.copied:
        console.print(f"{lab.manifest.title}: copied {', '.join(begun.copied)} to {where}.")
    else:
        console.print(f"You have started {lab_id} already: go on in {where}. Nothing was changed.")
    if before := lay_out_before(paths, lab.manifest.milestone or "", begun.folder):
        makers = list(dict.fromkeys(before.values()))
        leave = "leave" if len(makers) > 1 else "leaves"
        console.print(
            f"Its folder {FOLDER}/ holds what {', '.join(makers)} {leave}.", highlight=False
        )
    console.print(f"Open it:     jupyter lab {where / 'lab.ipynb'}", highlight=False)
    console.print(f"Then:        lab check {lab_id}", highlight=False)
    console.print(f"About {lab.manifest.minutes} minutes, {len(lab.manifest.tasks)} tasks.")


def hint(
    task: Annotated[str, typer.Argument(help="The task; its id stands in the notebook.")],
    number: Annotated[
        int | None, typer.Argument(help="Which hint; the next one when left out.")
    ] = None,
    lab_id: OfLab = None,
) -> None:
    """Give the next hint for a task, from a nudge to nearly the answer.

    Example: lab hint schema
    """
    place = find_place_of_task(find_course(), task, lab_id)
    print_hint(Console(), next_hint(place.brief(), task, number))


def reset(
    task: Annotated[str | None, typer.Argument(help="The task to begin anew.")] = None,
    lab_id: OfLab = None,
    everything: Annotated[
        bool, typer.Option("--all", help="The whole lab instead of one task.")
    ] = False,
) -> None:
    """Set one task's answer, or a whole lab, back to how it was released; a copy is kept.

    Example: lab reset schema        lab reset --all --lab 11_data_quality
    """
    if (task is None) != everything:
        raise CourseError(
            "Name one task to reset, or ask for --all, not both or neither.",
            mend="lab reset TASK, or lab reset --all --lab ID.",
        )
    paths = find_course()
    place = find_place_of_task(paths, task, lab_id) if task else find_place(paths, lab_id)
    release = released_lab(paths, the_lab(paths, place.lab), build=_build)
    done = reset_task(place, release, task) if task else reset_lab(place, release)
    console = Console()
    what = f"task {task} of {done.lab}" if task else f"{done.lab}"
    console.print(f"Set back: {what}.", highlight=False)
    console.print(f"What you had is kept in {_shown(done.backup, paths)}/.", highlight=False)
    console.print("If the notebook is open, reload it: File > Reload Notebook from Disk.")


def progress(track: Track = None, as_json: AsJson = False) -> None:
    """Show how far you are: labs passed, tasks and points, as `lab check` found them last.

    Example: lab progress
    """
    paths = find_course()
    course = load_course(paths)
    student = student_name(paths) if not as_json else ""
    rows = progress_rows(paths, course, track=track, student=student)
    if as_json:
        typer.echo(json.dumps([_data(row, course) for row in rows], indent=2))
    else:
        print_progress(Console(), rows)


def _data(row: Row, course: Course) -> dict[str, object]:
    tracks = [
        track.id
        for track in course.tracks
        if row.id in [step.id for step in course.steps_of_track(track.id)]
    ]
    return {**asdict(row), "tracks": tracks}


def _build(lab: Lab, course: CoursePaths) -> Path:
    """Release a lab that nobody has released here yet, as in a fresh checkout."""
    from autograder.releasing.release import release_lab

    # A learner has no gradebook, so the release goes by the way that writes none.
    return release_lab(lab, course=course, destination=course.release)


def _shown(path: Path, paths: CoursePaths) -> Path:
    """Give `path` as the learner may type it from where they are."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
