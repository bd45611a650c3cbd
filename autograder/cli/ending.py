"""End a command in order when the system asks for it, as Ctrl-C does."""

import signal
from types import FrameType

_BY_SIGNAL = 128


class Ended(BaseException):
    """Report that a signal asked this process to end; like KeyboardInterrupt, no mere error."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_code = _BY_SIGNAL + number


def end_in_order() -> None:
    """Turn SIGTERM and SIGHUP into `Ended`, so that what is open is closed on the way out.

    A signal that whoever started us chose to ignore, as nohup does, stays ignored.
    """
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)


def _end(number: int, _: FrameType | None) -> None:
    # Whoever asks twice is not heard twice: closing has begun.
    signal.signal(number, signal.SIG_IGN)
    raise Ended(number)
