"""Have Python look through its objects as seldom as millions that live long allow."""

import gc

# Windows are millions of objects that live long; looking through all of them takes a second.
_GENERATIONS = (10_000, 50, 1_000)


def collect_seldom() -> None:
    """Set the thresholds of this process for holding the windows of many cards."""
    gc.set_threshold(*_GENERATIONS)
