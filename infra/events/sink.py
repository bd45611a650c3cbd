"""What an idempotent sink is: writing an event twice is writing it once."""

from collections.abc import Sequence
from typing import Protocol

from infra.events.records import Handled


class Sink(Protocol):
    """Write events by their ids."""

    def write(self, handled: Sequence[Handled]) -> int:
        """Make the effects of those whose id was never written; return how many these were.

        The effects and the memory of the ids are one: both are there, or none. Raise
        UnavailableError when the store cannot be reached; any other error blames an event.
        """
        ...


def first_of_each(handled: Sequence[Handled]) -> dict[str, Handled]:
    """Return the events by id, the first where a batch holds one twice."""
    found: dict[str, Handled] = {}
    for one in handled:
        found.setdefault(str(one.received.event.id), one)
    return found
