"""What the check that is running has expected so far."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from autograder.checks.verdict import Margin


class Mismatch(AssertionError):  # noqa: N818 - it names what was found
    """Say that a value is not what is due; its text is for the learner."""


class NotAvailable(Exception):  # noqa: N818 - as above
    """Say that this kind of run does not hold what a check asks to read."""


@dataclass
class Record:
    """Collect what one check expects while it runs."""

    expectations: int = 0
    first_mismatch: str = ""
    margins: list[Margin] = field(default_factory=list)


_current: ContextVar[Record | None] = ContextVar("record_of_the_running_check", default=None)


@contextmanager
def recording() -> Iterator[Record]:
    """Collect the expectations made inside the block."""
    record = Record()
    token = _current.set(record)
    try:
        yield record
    finally:
        _current.reset(token)


def count_expectation() -> None:
    """Note that an expectation was made."""
    record = _current.get()
    if record is not None:
        record.expectations += 1


def note_margin(what: str, value: float, bound: float) -> None:
    """Note how far a value stands from its bound."""
    record = _current.get()
    if record is not None:
        record.margins.append(Margin(what, value, bound))


def mismatch(message: str) -> Mismatch:
    """Return the exception that fails the running check, and note that it was made."""
    record = _current.get()
    if record is not None and not record.first_mismatch:
        record.first_mismatch = message
    return Mismatch(message)
