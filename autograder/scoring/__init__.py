"""What came of grading one submission, as one document."""

from autograder.scoring.redaction import redacted
from autograder.scoring.scorecard import (
    CheckScore,
    RunRecord,
    Scorecard,
    Status,
    TaskScore,
    read_scorecard,
    write_scorecard,
)

__all__ = [
    "CheckScore",
    "RunRecord",
    "Scorecard",
    "Status",
    "TaskScore",
    "read_scorecard",
    "redacted",
    "write_scorecard",
]
