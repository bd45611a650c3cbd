"""Find the lab that a learner means, and where the work on it lies."""

from dataclasses import dataclass
from pathlib import Path

from rapidfuzz import process

from autograder.contract.lab import Lab, find_labs, load_lab
from autograder.course.loading import load_course
from autograder.errors import CourseError
from autograder.learning.brief import RELEASED, SOURCE, LabBrief, read_brief
from autograder.paths import CoursePaths

NOTEBOOK = "lab.ipynb"


@dataclass(frozen=True)
class Place:
    """Hold where a learner works on one lab."""

    lab: str
    folder: Path

    @property
    def notebook(self) -> Path:
        return self.folder / NOTEBOOK

    def brief(self) -> LabBrief:
        """Return what the learner knows of the lab."""
        return read_brief(self.folder)


def started(course: CoursePaths) -> list[Place]:
    """List the labs that were started, by name."""
    found = sorted(course.work.glob(f"*/{RELEASED}")) if course.work.is_dir() else []
    return [Place(path.parent.name, path.parent) for path in found]


def find_place(course: CoursePaths, lab: str | None, *, here: Path | None = None) -> Place:
    """Find the work on `lab`, else the lab of the current folder, else the only one started.

    A name that is a path or has a slash at its end is understood. Raise CourseError where that is
    none or several.
    """
    if lab is not None:
        return _named(course, lab)
    current = (here or Path.cwd()).resolve()
    for folder in (current, *current.parents):
        if (folder / RELEASED).is_file() or (folder / SOURCE).is_file():
            return Place(folder.name, folder)
        if folder == course.root:
            break
    places = started(course)
    if len(places) == 1:
        return places[0]
    if not places:
        raise CourseError(
            "You have started no lab yet.", mend="Choose from `lab list`, then `lab start ID`."
        )
    names = ", ".join(place.lab for place in places)
    raise CourseError(f"Which lab? You have started {names}.", mend="Add its name to the command.")


def find_place_of_task(course: CoursePaths, task: str, lab: str | None) -> Place:
    """Find the work on the lab that has `task`; `lab` decides where several have it."""
    if lab is not None:
        return _named(course, lab)
    try:
        place = find_place(course, None)
        place.brief().task(task)
        return place
    except CourseError:
        having = [p for p in started(course) if task in [t.id for t in p.brief().tasks]]
        if len(having) == 1:
            return having[0]
        if having:
            names = ", ".join(p.lab for p in having)
            raise CourseError(
                f"Several of your labs have a task {task}: {names}.", mend="Add --lab ID."
            ) from None
        raise


def the_lab(course: CoursePaths, lab_id: str) -> Lab:
    """Load the lab `lab_id` of the course; raise CourseError with the nearest names."""
    known = {path.name: path for path in find_labs(course.labs)}
    if lab_id in known:
        return load_lab(known[lab_id])
    if lab_id in load_course(course).lab_ids():
        raise CourseError(
            f"The lab {lab_id} is planned, but not written yet.", mend="Choose from `lab list`."
        )
    raise CourseError(f"There is no lab {lab_id}.", mend=_nearest(lab_id, list(known)))


def _named(course: CoursePaths, path: str) -> Place:
    lab = path.rstrip("/").split("/")[-1]
    folder = course.work / lab
    if (folder / RELEASED).is_file():
        return Place(lab, folder)
    the_lab(course, lab)
    raise CourseError(f"You have not started {lab} yet.", mend=f"Run `lab start {lab}`.")


def _nearest(name: str, known: list[str]) -> str:
    near = [n for n, _, _ in process.extract(name, known, limit=3, score_cutoff=40)]
    return f"Did you mean {' or '.join(near)}?" if near else "See `lab list`."
