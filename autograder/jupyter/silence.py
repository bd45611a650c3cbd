"""Keep what checks and the functions they call print away from the learner's cell."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def silenced() -> Iterator[None]:
    """Swallow standard output and error, whoever writes them and by whatever way.

    nbgrader gives no points to a cell with a word on standard error, and a learner's function
    may well log or warn while a check calls it.
    """
    with (
        _deaf(sys.stdout),
        _deaf(sys.stderr),
        _closed(2),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        yield


@contextlib.contextmanager
def _deaf(stream: Any) -> Iterator[None]:
    """Let the stream's own `write` do nothing: log handlers keep the stream they were given."""
    try:
        stream.write = len
    except AttributeError:  # a stream of the C library takes no attribute
        yield
        return
    try:
        yield
    finally:
        with contextlib.suppress(AttributeError):
            del stream.write


@contextlib.contextmanager
def _closed(descriptor: int) -> Iterator[None]:
    """Send what libraries and child processes write to a file descriptor nowhere."""
    try:
        kept = os.dup(descriptor)
    except OSError:
        yield
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, descriptor)
        yield
    finally:
        os.dup2(kept, descriptor)
        os.close(kept)
        os.close(nowhere)
