"""`lab grade` and `lab regrade`: a cohort from submissions to gradebook, feedback and report."""

import os
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from autograder.classic.limits import AskedLimits
from autograder.cli.grade_view import GradeView, print_summary
from autograder.cli.layers import require_layers
from autograder.cli.pipeline import CohortRun, grade_into
from autograder.cli.plain import PlainRun, grade_plain_course, plain_assignment
from autograder.cli.plain_regrade import regrade_plain_course
from autograder.cli.regrade import Answers, LabWork, regrade_into
from autograder.cli.selection import choose_lab
from autograder.errors import CourseError
from autograder.execution import detect_confinement
from autograder.grading.layout import OutputLayout
from autograder.grading.ray_graders import graders_on_ray
from autograder.paths import find_course

COULD_NOT_GRADE_ALL = 3

LabId = Annotated[str, typer.Argument(help="The lab to grade.")]
Submitted = Annotated[
    Path | None,
    typer.Option(help="Folder of STUDENT/LAB/ folders.", show_default="submitted/ in the course"),
]
Output = Annotated[
    Path | None, typer.Option(help="Where the findings go.", show_default="graded/ in the course")
]
Workers = Annotated[
    int | None,
    typer.Option(
        min=1, help="Submissions graded side by side, on Ray on each node.", show_default="cores"
    ),
]
Due = Annotated[
    datetime | None, typer.Option(help="When the lab was due, UTC; later hand-ins count as late.")
]
Strict = Annotated[
    bool, typer.Option("--require-sandbox", help="Refuse to grade with fewer than all layers.")
]
Course = Annotated[
    Path | None,
    typer.Option(help="A plain nbgrader course: source/ID or release/ID, and submitted/."),
]
Names = Annotated[
    Path | None, typer.Option("--roster", help="CSV: id, first_name, last_name, email.")
]
Decoys = Annotated[
    bool, typer.Option(help="Plain nbgrader: run once more with tests that must fail.")
]
Memory = Annotated[
    int | None,
    typer.Option(
        "--memory-mb",
        min=1,
        help="Plain nbgrader: MiB that a run may hold. Also LabGrade.memory_mb in "
        "nbgrader_config.py.",
        show_default="2048",
    ),
]
Seconds = Annotated[
    float | None,
    typer.Option(
        "--seconds",
        help="Plain nbgrader: seconds that a run may take, and so a cell where Execute.timeout "
        "lets it. Also LabGrade.seconds in nbgrader_config.py.",
        show_default="ten times Execute.timeout, at least 60",
    ),
]
AsData = Annotated[bool, typer.Option("--json", help="Print one JSON line per event.")]
Database = Annotated[
    str | None,
    typer.Option(
        "--db-url",
        envvar="LAB_DB_URL",
        help="The gradebook's database, so that several graders can share one: "
        "postgresql://USER@HOST/NAME. Also CourseDirectory.db_url in nbgrader_config.py.",
        show_default="gradebook.db in the output",
    ),
]
Ray = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="ADDRESS",
        help="Grade on the nodes of a Ray cluster (HOST:PORT, auto or ray://...). Each node needs "
        "this checkout with its environment at the same path; submissions are sent to it, and "
        "what it finds is written here.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")]
OnlyShow = Annotated[bool, typer.Option("--dry-run", help="Say whose score moves; write nothing.")]


def register(app: typer.Typer) -> None:
    """Add the grading commands to `app`."""
    app.command("grade", rich_help_panel="Instructors")(grade)
    app.command("regrade", rich_help_panel="Instructors")(regrade)


def grade(
    lab_id: LabId,
    submitted: Submitted = None,
    output: Output = None,
    workers: Workers = None,
    due: Due = None,
    require_sandbox: Strict = False,
    as_data: AsData = False,
    course: Course = None,
    roster: Names = None,
    decoys: Decoys = True,
    db_url: Database = None,
    ray: Ray = None,
    memory_mb: Memory = None,
    seconds: Seconds = None,
) -> None:
    """Grade every submission for a lab; what was graded before and has not changed is kept.

    Reads submitted/STUDENT/LAB/lab.ipynb, and writes below the output folder a scorecard and a
    feedback page per submission, the gradebook and a report. A submission that cannot be graded
    gets a scorecard that says why and stops nobody else's. Interrupt it at any time: the same
    command goes on. Exits 0 when all were graded, whatever the scores, and 3 when some could not.

    An assignment without lab.toml is graded by its own in-kernel tests, as nbgrader would. Its
    runs have 2048 MiB of memory, 5 MiB of output, 64 processes, files of 200 MiB, and the time of
    ten cells; a cell has nbgrader's Execute.timeout, 30 seconds unless the course says otherwise.

    Example: lab grade 11_data_quality --submitted submitted --output graded
    Example: lab grade ps1 --course ~/teaching/python101
    """
    plain = plain_assignment(lab_id, course)
    if plain is not None:
        _require_none_of({"--ray": ray})
        bounded = replace(plain, asked=AskedLimits(seconds, memory_mb))
        asked = PlainRun(bounded, submitted, output, workers, roster, decoys, due, db_url)
        grade_plain_course(asked, require_sandbox=require_sandbox, as_data=as_data)
        return
    _require_no_limits({"--memory-mb": memory_mb, "--seconds": seconds})
    options = _Options(submitted, output, workers, due, require_sandbox, roster, db_url, ray)
    run = options.run(lab_id)
    total = len(run.submissions())
    with GradeView(run.lab, total, run.confinement, as_data=as_data) as view:
        failed = grade_into(run, started=view.started, done=view.done)
    _conclude(run, failed, as_data=as_data)


def regrade(
    lab_id: LabId,
    submitted: Submitted = None,
    output: Output = None,
    workers: Workers = None,
    due: Due = None,
    require_sandbox: Strict = False,
    as_data: AsData = False,
    course: Course = None,
    roster: Names = None,
    decoys: Decoys = True,
    db_url: Database = None,
    ray: Ray = None,
    memory_mb: Memory = None,
    seconds: Seconds = None,
    yes: Yes = False,
    dry_run: OnlyShow = False,
) -> None:
    """Grade every submission for a lab once more, and say whose score moves before writing.

    For each move it names the checks that changed. At a terminal it then asks. Marks and comments
    given by hand stay, and count. Interrupted, the same command goes on. An assignment without
    lab.toml is regraded by its own in-kernel tests.

    Example: lab regrade 11_data_quality --output graded --dry-run
    """
    plain = plain_assignment(lab_id, course)
    if plain is not None:
        _require_none_of({"--ray": ray})
        bounded = replace(plain, asked=AskedLimits(seconds, memory_mb))
        asked = PlainRun(bounded, submitted, output, workers, roster, decoys, due, db_url)
        answers = Answers(dry_run, yes)
        regrade_plain_course(asked, answers, require_sandbox=require_sandbox, as_data=as_data)
        return
    _require_no_limits({"--memory-mb": memory_mb, "--seconds": seconds})
    options = _Options(submitted, output, workers, due, require_sandbox, roster, db_url, ray)
    run = options.run(lab_id)
    failed = regrade_into(LabWork(run), Answers(dry_run, yes), as_data=as_data)
    _conclude(run, failed, as_data=as_data or dry_run)


@dataclass(frozen=True)
class _Options:
    """Hold what was asked for on the command line."""

    submitted: Path | None
    output: Path | None
    workers: int | None
    due: datetime | None
    require_sandbox: bool
    roster: Path | None
    db_url: str | None
    ray: str | None

    def run(self, lab_id: str) -> CohortRun:
        course = find_course()
        lab = choose_lab(course, lab_id)
        confinement = replace(detect_confinement(), strict=self.require_sandbox)
        require_layers(confinement, strict=self.require_sandbox)
        graders = None
        if self.ray is not None:
            graders = graders_on_ray(self.ray, self.workers, strict=self.require_sandbox)
        return CohortRun(
            course,
            lab,
            self.submitted or course.root / "submitted",
            OutputLayout((self.output or course.root / "graded").resolve()),
            confinement,
            self.workers or os.cpu_count() or 1,
            self.due,
            self.roster,
            self.db_url,
            graders,
        )


def _conclude(run: CohortRun, failed: int, *, as_data: bool) -> None:
    if not as_data:
        print_summary(run.lab, run.layout)
    if failed:
        raise typer.Exit(COULD_NOT_GRADE_ALL)


def _require_no_limits(options: dict[str, object]) -> None:
    asked = [name for name, value in options.items() if value is not None]
    if asked:
        raise CourseError(
            f"{' and '.join(asked)} cannot be used on a lab, whose limits are its own.",
            mend="Change `limits` in its lab.toml.",
        )


def _require_none_of(options: dict[str, object]) -> None:
    asked = [name for name, value in options.items() if value]
    if asked:
        raise CourseError(
            f"{' and '.join(asked)} cannot be used on an assignment without lab.toml.",
            mend="Leave it out, or make a lab of the assignment with `lab new`.",
        )
