"""Start the servers that the story needs, unless they are elsewhere."""

import os
from collections.abc import Sequence

from rich.console import Console

from autograder.errors import CourseError
from infra.settings import load_settings
from infra.settings.tier import Tier
from infra.stack.stack import Stack
from infra.stack.tables import StartView

# What the first chapters need, and what the later ones do, which takes longest to start.
FIRST, LATER = ("kafka", "postgres"), ("mlflow",)
PARTS = FIRST + LATER


def start_servers(parts: Sequence[str], *, show: bool = True) -> None:
    """Bring `parts` of the local stack up; another tier's servers are somebody else's to start.

    With `show` the terminal tells how far that is. Raise CourseError for a part that does not come
    up.
    """
    if load_settings().tier is not Tier.LOCAL or os.environ.get("LAB_KAFKA_BOOTSTRAP"):
        return
    if show:
        with StartView(Console(stderr=True)) as view:
            outcome = Stack().up(parts, watch=view)
    else:
        outcome = Stack().up(parts)
    for part, error in outcome.failures.items():
        raise CourseError(f"{part} did not come up: {error}", mend=f"Read its log: lab logs {part}")
