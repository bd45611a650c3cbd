"""What authors of labs write their checks against, and what judges them."""

from autograder.checks.definition import Check, check
from autograder.checks.expectation import Expectation, expect
from autograder.checks.judging import judge
from autograder.checks.loading import load_checks
from autograder.checks.preparing import prepared, shelf
from autograder.checks.run import Probe, Run
from autograder.checks.verdict import Margin, Ruling, Verdict
from autograder.probing.failures import ProbeFailed
from autograder.probing.wire import Opaque

__all__ = [
    "Check",
    "Expectation",
    "Margin",
    "Opaque",
    "Probe",
    "ProbeFailed",
    "Ruling",
    "Run",
    "Verdict",
    "check",
    "expect",
    "judge",
    "load_checks",
    "prepared",
    "shelf",
]
