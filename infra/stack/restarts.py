"""Count restarts inside the supervisor, which does not count them itself."""

from collections import Counter
from typing import Any

from supervisor import events
from supervisor.states import ProcessStates

_AFTER_A_CRASH = {ProcessStates.EXITED, ProcessStates.BACKOFF}


class RestartCounter:
    """Answer the supervisor's remote calls `lab.restarts`; counts begin with the supervisor."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        events.subscribe(events.ProcessStateStartingEvent, self._started)

    def restarts(self) -> dict[str, int]:
        """Return how often each program was started again after it had ended by itself."""
        return dict(self._counts)

    def _started(self, event: Any) -> None:
        if event.from_state in _AFTER_A_CRASH:
            self._counts[event.process.config.name] += 1


def make_restart_counter(supervisord: Any) -> RestartCounter:
    """Make the counter; named in the supervisor's configuration as a factory."""
    return RestartCounter()
