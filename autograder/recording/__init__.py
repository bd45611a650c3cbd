"""Write scorecards into nbgrader's gradebook, and read what humans added to them."""

from autograder.recording.gradebook import GradebookWriter, writing
from autograder.recording.marks import Marks, read_marks
from autograder.recording.opening import opened, sqlite_url

__all__ = ["GradebookWriter", "Marks", "opened", "read_marks", "sqlite_url", "writing"]
