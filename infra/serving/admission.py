"""Judge at the door whether work can be done in time."""

import math

from infra.serving.errors import ShedError

# How much the newest batch weighs: high enough to follow a model that slows down within seconds.
_WEIGHT = 0.2


class BatchSeconds:
    """Follow how long a batch takes, as an exponentially weighted mean in seconds."""

    def __init__(self) -> None:
        self.mean = 0.0

    def observe(self, seconds: float) -> None:
        """Take note of one batch."""
        self.mean = seconds if self.mean == 0 else self.mean + _WEIGHT * (seconds - self.mean)


def expected_wait(waiting: int, running: bool, max_items: int, batch_seconds: float) -> float:
    """Return in how many seconds the last of `waiting` items is answered.

    Batches run one after the other, `max_items` at a time; one that runs counts in full, as it is
    not known how far it has come.
    """
    batches = math.ceil(waiting / max_items) + (1 if running else 0)
    return batches * batch_seconds


def admit(
    new: int,
    waiting: int,
    running: bool,
    *,
    max_queue: int,
    max_items: int,
    batch_seconds: float,
    deadline: float,
) -> None:
    """Raise ShedError where `new` items find no room, or no answer within `deadline` seconds.

    A service that does nothing takes whatever comes: one slow batch would else shut it for ever.
    """
    if waiting + new > max_queue:
        until = expected_wait(waiting + new - max_queue, running, max_items, batch_seconds)
        raise ShedError("queue_full", f"{waiting} items wait already.", retry_after=until)
    if waiting == 0 and not running:
        return
    wait = expected_wait(waiting + new, running, max_items, batch_seconds)
    if wait > deadline:
        raise ShedError(
            "deadline",
            f"An answer would take {wait * 1000:.0f} ms, and {deadline * 1000:.0f} ms are left.",
            retry_after=wait - deadline,
        )
