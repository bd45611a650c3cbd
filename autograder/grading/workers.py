"""Disposable worker processes: each does one job and is gone, at the latest with its leader."""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import wait

from pebble import ProcessPool

READIED = "autograder.grading.readied"
"""What is worth importing before workers that grade are forked."""

_PR_SET_PDEATHSIG = 1


@contextmanager
def worker_pool(size: int, preload: Sequence[str]) -> Iterator[ProcessPool]:
    """Give a pool of `size` workers that begin with the modules of `preload` imported.

    Leaving the body ends them, done or not: what they own dies with them. So does the death of
    this process, whatever caused it.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([*preload, *imported_here()])
    pool = ProcessPool(
        max_workers=max(1, size), max_tasks=1, initializer=end_with_leader, context=context
    )
    try:
        yield pool
    finally:
        pool.stop()
        pool.join()


def imported_here() -> list[str]:
    """Name our modules that this process has imported.

    A new worker imports what the leader's main script does; forked from there, it has it already.
    """
    return sorted(name for name in sys.modules if name.startswith("autograder."))


def end_with_leader() -> None:
    """Make this worker process end at once when the process that leads it does."""
    leader = multiprocessing.parent_process()
    if leader is None:
        return
    if sys.platform.startswith("linux"):
        # By the kernel, since Python code may be kept from running: the fork server ends with
        # the leader, and this process with the fork server.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() == 1:
            os._exit(1)
    threading.Thread(target=_follow, args=(leader.sentinel,), daemon=True).start()


def _follow(leader: int) -> None:
    wait([leader])
    os.kill(os.getpid(), signal.SIGKILL)
