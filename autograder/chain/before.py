"""Lay out what the earlier milestones of a project leave, for whoever begins at a later one."""

from pathlib import Path

from autograder.chain.leaving import Left, left_by
from autograder.contract.conventions import MANIFEST
from autograder.course.course import Course
from autograder.course.loading import load_course
from autograder.course.manifest import Milestone
from autograder.paths import CoursePaths
from autograder.writing import write_in_one_step

FOLDER = "before"
_README = """What the milestones before this one leave: modules made of their official answers.

Look things up in them and play with them, after `import sys; sys.path.append("before")`. Your
answers must do without: a grader knows the files beside the notebook alone.

"""


def milestones_before(course: Course, milestone: str) -> list[Milestone]:
    """List the milestones of the same project that come before; none for what is no milestone."""
    stones = {stone.id: stone for stone in course.milestones}
    if milestone not in stones:
        return []
    row = course.milestones_of(stones[milestone].project)
    return list(row[: row.index(stones[milestone])])


def left_before(paths: CoursePaths, milestone: str) -> list[Left]:
    """Make the files that the milestones before leave, of those whose labs are in this course."""
    found: dict[str, Left] = {}
    for stone in milestones_before(load_course(paths), milestone):
        if (paths.labs / stone.id / MANIFEST).is_file():
            found |= {left.name: left for left in left_by(paths.labs / stone.id)}
    return list(found.values())


def lay_out_before(paths: CoursePaths, milestone: str, work: Path) -> dict[str, str]:
    """Write those files to `before/` of `work`, and return which lab each comes from.

    What is there already stays as it is.
    """
    made = left_before(paths, milestone)
    if not made:
        return {}
    folder = work / FOLDER
    folder.mkdir(exist_ok=True)
    lines = [f"- `{left.name}`: {left.lab}\n" for left in made]
    for name, text in (
        ("README.md", _README + "".join(lines)),
        *((left.name, left.text) for left in made),
    ):
        if not (folder / name).exists():
            write_in_one_step(folder / name, text)
    return {left.name: left.lab for left in made}
