"""Disposable worker processes: each does one job and is gone, at the latest with its leader."""

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.connection import wait
from multiprocessing.context import ForkServerContext
from typing import Any

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
    pool = ProcessPool(
        max_workers=max(1, size),
        max_tasks=1,
        initializer=end_with_leader,
        context=forking_context(preload),
    )
    try:
        yield pool
    finally:
        pool.stop()
        pool.join()


def forking_context(preload: Sequence[str]) -> ForkServerContext:
    """Return a context whose new processes begin with the modules of `preload` imported.

    A process has one fork server, and what it imports is settled when it starts. One that lacks a
    module is ended here unless it has processes at work: they would end with it.
    """
    context = multiprocessing.get_context("forkserver")
    server: Any = forkserver._forkserver  # the standard library offers no other way to end it
    if set(preload) <= set(server._preload_modules):
        return context
    # A new worker imports what the leader's main script does; forked from there, it has it already.
    ours = sorted(name for name in sys.modules if name.startswith("autograder."))
    if not multiprocessing.active_children():
        server._stop()
        # Papermill looks our engine up as it is imported, and would find half of it after it.
        context.set_forkserver_preload(["papermill", *preload, *ours])
    return context


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
