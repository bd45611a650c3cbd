"""See to it that one grader at a time works on a lab in an output folder."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from autograder.errors import CourseError
from autograder.grading.layout import OutputLayout
from autograder.writing import remove_unfinished


@contextmanager
def only_grader(layout: OutputLayout, lab: str) -> Iterator[None]:
    """Keep other graders from `lab` in this output folder, and sweep up after one that was killed.

    Raise CourseError at once where another is at work. The system frees the lock of whoever dies.
    """
    layout.root.mkdir(parents=True, exist_ok=True)
    lock = FileLock(layout.root / f".grading-{lab}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise CourseError(
            f"Another `lab grade` of {lab} is writing to {layout.root}.",
            mend="Wait until it is done, or give this one another --output.",
        ) from None
    try:
        for folder in (*layout.folders(lab), *layout.draft(lab).folders(lab)):
            remove_unfinished(folder)
        yield
    finally:
        lock.release()
