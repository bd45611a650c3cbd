"""How nbgrader sees the course: labs/ is its source directory, and works as it stands."""

import os
import sys
from pathlib import Path
from typing import Any

from traitlets.config import Config

from autograder.contract.conventions import KEPT_BACK, LITTER, MANIFEST, RELEASED_MANIFEST
from autograder.contract.lab import load_lab
from autograder.paths import COURSE_VARIABLE, CoursePaths
from autograder.releasing.manifest import write_released_manifest

SOURCE, RELEASE = "labs", "release"
_CELL_SECONDS = 600
# nbgrader's own four seconds are too few where the machine has much to do.
_OUTPUT_SECONDS = 60


def configure(config: Config, root: Path) -> None:
    """Set up nbgrader for the course at `root`."""
    root = root.resolve()
    course = config.CourseDirectory
    course.root = str(root)
    course.source_directory = SOURCE
    course.release_directory = RELEASE
    course.db_url = f"sqlite:///{root / 'gradebook.db'}"
    course.ignore = [*KEPT_BACK, *LITTER]
    # nbgrader counts for each cell, and a probe of a slow function must not outlast it.
    config.Execute.timeout = _CELL_SECONDS
    config.Execute.iopub_timeout = _OUTPUT_SECONDS
    config.Execute.interrupt_on_timeout = True
    # Formgrader shows learners' notebooks beside a server that runs code: nothing in them may act.
    config.HTMLExporter.sanitize_html = True
    config.HTMLExporter.filters = {
        "markdown2html": "autograder.feedback.markup.inert_markdown",
        "clean_html": "autograder.feedback.markup.inert_html",
    }
    # nbgrader's own exchange is a folder of the whole machine, which few may write to.
    config.Exchange.root = str(_exchange(root))
    config.GenerateAssignment.post_convert_hook = _ManifestHook(CoursePaths(root))


def prepare_environment(root: Path) -> None:
    """Set what nbgrader's commands and the kernels they start need, and make its exchange folder.

    Checks find the course through it, since nbgrader executes a copy of the submission; and
    nbgrader calls the alembic beside this Python, which need not be on the path.
    """
    os.environ[COURSE_VARIABLE] = str(root.resolve())
    _exchange(root.resolve()).mkdir(parents=True, exist_ok=True)
    scripts = str(Path(sys.executable).parent)
    path = os.environ.get("PATH", os.defpath).split(os.pathsep)
    if scripts not in path:
        os.environ["PATH"] = os.pathsep.join([*path, scripts])


def _exchange(root: Path) -> Path:
    return CoursePaths(root).state / "exchange"


class _ManifestHook:
    """Complete what `nbgrader generate_assignment` releases by the manifest learners get."""

    def __init__(self, course: CoursePaths) -> None:
        self.course = course

    def __call__(self, *, assignment: str, **_: Any) -> None:
        for folder in sorted(self.course.labs.glob(assignment)):
            released = self.course.release / folder.name
            if (folder / MANIFEST).is_file() and released.is_dir():
                write_released_manifest(load_lab(folder), released / RELEASED_MANIFEST)
