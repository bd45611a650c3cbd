"""What a report is about: a lab, or an assignment of a plain nbgrader course."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from nbformat import NotebookNode

from autograder.classic.assignment import PlainAssignment
from autograder.contract.lab import Lab

_NOTEBOOK = "lab"


@dataclass(frozen=True)
class Subject:
    """Hold what the pages about a cohort need to know of the work that was set.

    Notebooks go by the stem of their files. `solutions` is empty where the answers are not known.
    """

    id: str
    title: str
    starters: Mapping[str, NotebookNode]
    solutions: Mapping[str, NotebookNode] = field(default_factory=dict)
    lab: Lab | None = None
    """The lab itself, whose wrong answers are known; None for a plain assignment."""

    @cached_property
    def in_kernel(self) -> bool:
        """Tell whether the points come from tests inside the learner's own kernel."""
        return self.lab is None


def subject_of(lab: Lab) -> Subject:
    """Give the subject that a lab of the course is."""
    return Subject(
        lab.manifest.id,
        lab.manifest.title,
        {_NOTEBOOK: lab.starter},
        {_NOTEBOOK: lab.solution},
        lab,
    )


def subject_of_assignment(assignment: PlainAssignment) -> Subject:
    """Give the subject that an assignment of a plain nbgrader course is."""
    return Subject(assignment.id, assignment.title, assignment.masters, assignment.solutions, None)
