"""What is said, or refused, when this system grants fewer layers around runs than there are."""

import typer

from autograder.errors import CourseError
from autograder.execution import Confinement


def require_layers(confinement: Confinement, *, strict: bool) -> None:
    """Warn of the layers that are missing around runs, or refuse when `strict`."""
    if confinement.complete:
        return
    missing = "; ".join(confinement.missing)
    if strict:
        raise CourseError(
            f"Refusing to grade: {missing}.", mend="`lab doctor` says what this system grants."
        )
    text = f"Warning: graded without {missing}."
    if confinement.bubblewrap is None:
        text += " Kernels are ordinary ones, which start more slowly."
    typer.secho(text, fg=typer.colors.YELLOW, err=True)
