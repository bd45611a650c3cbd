"""What came of a check: the verdict, its words, and how close it was."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Name what came of a check; only PASSED earns points, and UNATTEMPTED is not wrong."""

    PASSED = "passed"
    FAILED = "failed"
    UNATTEMPTED = "unattempted"
    ERRORED = "errored"
    NOT_RUN = "not_run"


@dataclass(frozen=True)
class Margin:
    """Hold how far a measured value stood from the bound that it was held to."""

    what: str
    value: float
    bound: float


@dataclass(frozen=True)
class Ruling:
    """Hold the verdict on one check in one run, with a message for the learner.

    `author_fault` says that the check itself is broken: the learner can do nothing about it.
    """

    verdict: Verdict
    message: str = ""
    author_fault: bool = False
    margins: tuple[Margin, ...] = ()
