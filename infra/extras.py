"""Tell which extra of the project brings a package that is missing."""

from collections.abc import Iterator
from contextlib import contextmanager

from autograder.errors import CourseError


@contextmanager
def needing(extra: str) -> Iterator[None]:
    """Turn a missing package into a CourseError that names the extra which brings it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in ("infra", "autograder"):
            raise
        raise CourseError(
            f"This needs the package {error.name}, which is not installed.",
            mend=f"`make setup-{extra}` installs it, or: pip install -e '.[{extra}]'.",
        ) from error
