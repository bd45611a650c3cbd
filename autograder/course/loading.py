"""Load the course from its two manifests and hold them against each other."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeVar

from autograder.course.course import Course
from autograder.course.manifest import CourseFile, UnitsFile
from autograder.course.reading import read_manifest
from autograder.errors import CourseError
from autograder.paths import CoursePaths

COURSE_FILE = "modules/course.toml"
UNITS_FILE = "modules/units.toml"

_Row = TypeVar("_Row")


def load_course(paths: CoursePaths) -> Course:
    """Load the curriculum; raise CourseError naming the file, the key and the mend."""
    units = read_manifest(paths.root / UNITS_FILE, UnitsFile, shown_as=UNITS_FILE)
    course = read_manifest(paths.root / COURSE_FILE, CourseFile, shown_as=COURSE_FILE)
    for problem in (*_problems_of_units(units), *_problems_of_course(course, units)):
        raise problem
    return Course(
        parts=course.part,
        modules=tuple(_grouped(course.module, [part.id for part in course.part], "part")),
        projects=course.project,
        milestones=tuple(
            _grouped(course.milestone, [project.id for project in course.project], "project")
        ),
        tracks=course.track,
        syllabi=units.syllabus,
    )


def _grouped(rows: Iterable[_Row], groups: list[str], key: str) -> list[_Row]:
    return sorted(rows, key=lambda row: groups.index(getattr(row, key)))


def _problems_of_units(file: UnitsFile) -> Iterator[CourseError]:
    yield from _repeated(UNITS_FILE, "syllabus", [row.id for row in file.syllabus])
    yield from _repeated(UNITS_FILE, "unit", [unit for row in file.syllabus for unit in row.units])


def _problems_of_course(file: CourseFile, units: UnitsFile) -> Iterator[CourseError]:
    steps = [*file.module, *file.milestone]
    yield from _repeated(COURSE_FILE, "part", [row.id for row in file.part])
    yield from _repeated(COURSE_FILE, "project", [row.id for row in file.project])
    yield from _repeated(COURSE_FILE, "track", [row.id for row in file.track])
    yield from _repeated(COURSE_FILE, "module or milestone", [row.id for row in steps])
    parts = [row.id for row in file.part]
    for module in file.module:
        yield from _unknown(f"module[{module.id}].part", module.part, parts)
    projects = [row.id for row in file.project]
    for milestone in file.milestone:
        yield from _unknown(f"milestone[{milestone.id}].project", milestone.project, projects)
    known = [unit for row in units.syllabus for unit in row.units]
    for step in steps:
        kind = "milestone" if step in file.milestone else "module"
        yield from _repeated(COURSE_FILE, f"unit of {step.id}", list(step.covers))
        for unit in step.covers:
            yield from _unknown(f"{kind}[{step.id}].covers", unit, known)
    for track in file.track:
        ends = track.units.split("-")
        for end in ends:
            yield from _unknown(f"track[{track.id}].units", end, known)
        if all(end in known for end in ends) and known.index(ends[0]) > known.index(ends[1]):
            yield CourseError(
                f"{COURSE_FILE}: track[{track.id}].units: {track.units} runs backwards.",
                mend=f'Write units = "{ends[1]}-{ends[0]}".',
            )


def _repeated(file: str, kind: str, ids: list[str]) -> Iterator[CourseError]:
    for name, times in Counter(ids).items():
        if times > 1:
            yield CourseError(
                f"{file}: the {kind} {name} stands there {times} times.", mend="Keep one of them."
            )


def _unknown(key: str, name: str, known: list[str]) -> Iterator[CourseError]:
    if name not in known:
        few = ", ".join(known) if len(known) < 12 else f"the units of {UNITS_FILE}"
        yield CourseError(
            f"{COURSE_FILE}: {key}: {name!r} is not known.", mend=f"Write one of: {few}."
        )
