"""A value and the name of the place where it was found."""

from typing import Any, NoReturn

from autograder.checks.kinds import plain
from autograder.checks.record import count_expectation, mismatch


class Place:
    """Hold a value of the learner's with the words that name its place in every message."""

    def __init__(self, value: Any, what: str) -> None:
        self.value = value
        self.what = what

    def _plain(self) -> Any:
        """Count an expectation and return the value as plain data."""
        count_expectation()
        return plain(self.value)

    def _fail(self, text: str, path: str = "") -> NoReturn:
        raise mismatch(f"{self.what}{path} {text}")
