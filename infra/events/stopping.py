"""End a loop when its process is asked to: the batch is finished, committed and the group left."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stop:
    """Carry the wish that a loop end, from a signal, another thread or the loop's own work."""

    def __init__(self) -> None:
        # No lock: a signal's handler may run while its own thread holds one.
        self._asked = False

    def ask(self) -> None:
        """Ask the loop to end after the batch at hand."""
        self._asked = True

    @property
    def is_asked(self) -> bool:
        return self._asked

    @contextmanager
    def on_signals(
        self, signals: tuple[signal.Signals, ...] = (signal.SIGTERM, signal.SIGINT)
    ) -> Iterator[None]:
        """Take these signals as the wish to end; what they meant before holds again afterwards.

        A second signal of the same kind means what it meant before: impatience is heard.
        """
        before = {number: signal.getsignal(number) for number in signals}

        def asked(number: int, frame: FrameType | None) -> None:
            signal.signal(number, before[signal.Signals(number)])
            self.ask()

        for number in signals:
            signal.signal(number, asked)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
