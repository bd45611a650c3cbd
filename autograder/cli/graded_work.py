"""From what an instructor typed to a graded cohort, and the reading of it."""

from dataclasses import dataclass
from pathlib import Path

from autograder.classic.assignment import PlainAssignment
from autograder.cli.plain import plain_assignment
from autograder.contract.lab import Lab
from autograder.grading.layout import OutputLayout
from autograder.learning.places import the_lab
from autograder.paths import find_course
from autograder.reporting.subject import Subject, subject_of, subject_of_assignment


@dataclass(frozen=True)
class GradedWork:
    """Hold a graded cohort: what was set, and where the findings lie."""

    layout: OutputLayout
    lab: Lab | None
    plain: PlainAssignment | None

    @property
    def subject(self) -> Subject:
        if self.lab is not None:
            return subject_of(self.lab)
        assert self.plain is not None
        return subject_of_assignment(self.plain)


def graded_work(name: str, output: Path | None, course: Path | None) -> GradedWork:
    """Find what was graded under `name`; raise CourseError where there is no such work."""
    plain = plain_assignment(name, course)
    if plain is not None:
        return GradedWork(_layout(output, plain.course), None, plain)
    here = find_course()
    return GradedWork(_layout(output, here.root), the_lab(here, name), None)


def _layout(output: Path | None, root: Path) -> OutputLayout:
    return OutputLayout((output or root / "graded").resolve())
