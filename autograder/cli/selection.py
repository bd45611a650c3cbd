"""From the lab ids a user typed to labs."""

from pathlib import Path

from rapidfuzz import process

from autograder.contract.lab import Lab, find_labs, load_lab
from autograder.course.loading import load_course
from autograder.errors import CourseError
from autograder.paths import CoursePaths


def choose_lab(course: CoursePaths, lab_id: str) -> Lab:
    """Load the lab `lab_id`; raise CourseError with the nearest names when there is none."""
    known = {path.name: path for path in find_labs(course.labs)}
    if lab_id in known:
        return load_lab(known[lab_id])
    planned = lab_id in load_course(course).lab_ids()
    if planned:
        raise CourseError(
            f"The lab {lab_id} is planned, not written yet.",
            mend=f"Write it with `lab new {lab_id}`, or choose from `lab list`.",
        )
    near = [name for name, _, _ in process.extract(lab_id, list(known), limit=3, score_cutoff=40)]
    mend = f"Did you mean {' or '.join(near)}?" if near else "See `lab list`."
    raise CourseError(f"There is no lab {lab_id}.", mend=mend)


def choose_labs(course: CoursePaths, lab_ids: list[str]) -> list[Lab]:
    """Load the labs named, or all there are when none is named."""
    if lab_ids:
        return [choose_lab(course, lab_id) for lab_id in lab_ids]
    labs = [load_lab(path) for path in find_labs(course.labs)]
    if not labs:
        raise CourseError("The course has no labs yet.", mend="Begin one with `lab new ID`.")
    return labs


def lesson_folder(course: CoursePaths, lab: Lab) -> Path | None:
    """Return the folder of the lesson that teaches `lab`; None when the manifest names none."""
    if lab.manifest.module:
        return course.modules / lab.manifest.module
    if lab.manifest.milestone:
        step = load_course(course).step(lab.manifest.milestone)
        return course.projects / str(getattr(step, "project", "")) / "lessons" / step.id
    return None
