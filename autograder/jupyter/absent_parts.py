"""Tell which servers of a lab do not answer: a check that broke for want of one is not at fault."""

import socket
from collections.abc import Sequence

from autograder.errors import CourseError

_SECONDS = 0.5


def absent_parts(needs: Sequence[str]) -> tuple[str, ...]:
    """Return the parts of the stack among `needs` none of whose addresses takes a connection."""
    # The stack's settings are for labs with servers alone; %check imports nothing in vain.
    from infra.settings import load_settings
    from infra.settings.exporting import addresses_of

    absent = []
    for part in needs:
        try:
            endpoint = getattr(load_settings(), part, None)
        except CourseError:
            continue  # what the settings lack, the lab's own code says better
        if endpoint is not None and not any(map(_answers, addresses_of(endpoint))):
            absent.append(part)
    return tuple(absent)


def _answers(address: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(address, _SECONDS):
            return True
    except OSError:
        return False
