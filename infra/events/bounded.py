"""Bound calls of a client that would wait for ever while no broker answers."""

import threading
from collections.abc import Callable


def ended_within(seconds: float, call: Callable[[], None]) -> bool:
    """Say whether `call` ended in time, and raise what it raised; else leave it to a thread."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            call()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True, name="bounded-call")
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        return False
    if errors:
        raise errors[0]
    return True
