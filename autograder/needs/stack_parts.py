"""Start the parts of the local stack that a lab names, and give runs a space of their own there."""

import socket
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import CourseError
from autograder.paths import CoursePaths
from infra.run_space.space import SPACE_VARIABLE, RunSpace
from infra.settings import load_settings
from infra.settings.exporting import addresses_of, environment_of, ports_of
from infra.stack.stack import Stack

# These are no servers of the stack: a run starts its own.
_WITHIN_THE_RUN = ("spark", "ray")
_SECONDS_TO_CONNECT = 0.5


@dataclass(frozen=True)
class StackSurroundings:
    """Let runs reach `parts` of the stack in `home`, each in a space of its own."""

    parts: tuple[str, ...]
    home: Path
    ports: tuple[int, ...]

    @contextmanager
    def for_run(self) -> Iterator[Mapping[str, str]]:
        settings = load_settings(self.home)
        space = RunSpace(f"run{uuid.uuid4().hex[:12]}", self.parts)
        told = space.open(settings)
        try:
            yield {**environment_of(settings, self.parts), **told, SPACE_VARIABLE: space.name}
        finally:
            space.drop(settings)


def started(needs: Sequence[str], course: Path, brokers: int | None = None) -> StackSurroundings:
    """Bring up the parts among `needs` that are down; raise CourseError when one does not come.

    A Kafka that runs with another number of brokers than `brokers` is left alone and told.
    """
    parts = tuple(part for part in needs if part not in _WITHIN_THE_RUN)
    stack = Stack(CoursePaths(course).state / "stack")
    _require_brokers(stack, brokers)
    failures = stack.up(parts, brokers=brokers).failures if parts else {}
    if failures:
        part, error = next(iter(failures.items()))
        raise CourseError(
            f"The lab needs {part}, which did not come up: {error}",
            mend=f"See `lab logs {part}`; then `lab up {' '.join(parts)}`.",
        )
    home = stack.home.root
    return StackSurroundings(parts, home, ports_of(load_settings(home), parts))


def absent_parts(needs: Sequence[str]) -> tuple[str, ...]:
    """Return the parts among `needs` none of whose addresses takes a connection."""
    absent = []
    for part in (part for part in needs if part not in _WITHIN_THE_RUN):
        try:
            endpoint = getattr(load_settings(), part)
        except CourseError:
            continue  # what the settings lack, the lab's own code says better
        if not any(map(_answers, addresses_of(endpoint))):
            absent.append(part)
    return tuple(absent)


def _answers(address: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(address, _SECONDS_TO_CONNECT):
            return True
    except OSError:
        return False


def _require_brokers(stack: Stack, brokers: int | None) -> None:
    """Raise CourseError when Kafka runs with another number of brokers than the lab needs."""
    running = stack.brokers_running()
    if brokers is None or running in (0, brokers):
        return
    raise CourseError(
        f"The lab needs Kafka with {brokers} brokers, and it runs with {running}.",
        mend=f"`lab down kafka`, then `lab up kafka --brokers {brokers}`. "
        "One broker and three keep topics of their own.",
    )
