"""What the course consists of: its manifests, typed, in order, and how far each unit is covered."""

from autograder.course.course import Course, Stop
from autograder.course.loading import load_course
from autograder.course.manifest import (
    Milestone,
    Module,
    Part,
    Project,
    Step,
    Syllabus,
    Track,
    Unit,
)

__all__ = [
    "Course",
    "Milestone",
    "Module",
    "Part",
    "Project",
    "Step",
    "Stop",
    "Syllabus",
    "Track",
    "Unit",
    "load_course",
]
