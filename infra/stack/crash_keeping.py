"""Do inside the supervisor what it does not do itself: count restarts, clear after crashes."""

import contextlib
import os
import signal
from collections import Counter
from typing import Any

from supervisor import events
from supervisor.states import ProcessStates

_CRASHED = {ProcessStates.EXITED, ProcessStates.BACKOFF}


class CrashKeeper:
    """Answer the supervisor's remote calls `lab.restarts`; counts begin with the supervisor."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        events.subscribe(events.ProcessStateStartingEvent, self._started)
        events.subscribe(events.ProcessStateExitedEvent, self._ended)
        events.subscribe(events.ProcessStateBackoffEvent, self._ended)

    def restarts(self) -> dict[str, int]:
        """Return how often each program was started again after it had ended by itself."""
        return dict(self._counts)

    def _started(self, event: Any) -> None:
        if event.from_state in _CRASHED:
            self._counts[event.process.config.name] += 1

    def _ended(self, event: Any) -> None:
        # A crashed server's workers live on and would hold its port against the next one.
        # Supervisor makes every program the leader of a group; its number is the leader's.
        leader = event.process.pid
        if leader:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(leader, signal.SIGKILL)


def make_crash_keeper(supervisord: Any) -> CrashKeeper:
    """Make the keeper; named in the supervisor's configuration as a factory."""
    return CrashKeeper()
