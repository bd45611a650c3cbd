"""Turn what MLflow refuses into words for the one who asked."""

from collections.abc import Iterator
from contextlib import contextmanager

from mlflow.exceptions import MlflowException

from autograder.errors import CourseError

_MENDS = {
    "RESOURCE_DOES_NOT_EXIST": "List what there is with `Registry.versions` or in MLflow's page.",
    "INVALID_PARAMETER_VALUE": "Choose another value; names take letters, digits, - and _.",
    "TEMPORARILY_UNAVAILABLE": "Ask again; `lab ps` shows whether the server is up.",
}


@contextmanager
def told(doing: str) -> Iterator[None]:
    """Raise CourseError for whatever MLflow refuses, naming what was being done."""
    try:
        yield
    except MlflowException as error:
        mend = _MENDS.get(error.error_code, "`lab ps` shows whether MLflow is up.")
        raise CourseError(
            f"MLflow refused {doing}: {error.message.rstrip('.')}.", mend=mend
        ) from error
