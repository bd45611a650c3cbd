"""What lies around a run: the ports it may reach, and what is its own behind them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class Surroundings(Protocol):
    """Give each run what it needs of the machine; goes to other processes, so picklable."""

    @property
    def ports(self) -> tuple[int, ...]:
        """Return the loopback ports that a run may reach."""

    def for_run(self) -> AbstractContextManager[Mapping[str, str]]:
        """Make room for one run; give the variables that tell it where, and clear it up after."""


@dataclass(frozen=True)
class Nothing:
    """Be what lies around a run that needs nothing."""

    ports: tuple[int, ...] = ()

    def for_run(self) -> AbstractContextManager[Mapping[str, str]]:
        return nullcontext({})


NOTHING = Nothing()


@contextmanager
def surroundings(
    needs: Sequence[str], course: Path, *, brokers: int | None = None
) -> Iterator[Surroundings]:
    """Start what is missing of `needs` on the stack of the checkout `course`, and give access.

    `brokers` is how many Kafka must have, if that matters. The stack stays up. Raise CourseError
    when a part does not come up, or runs with another number of brokers.
    """
    if not needs:
        yield NOTHING
        return
    # The stack's packages are an extra that most labs do without.
    from autograder.needs.stack_parts import started

    yield started(needs, course, brokers)
