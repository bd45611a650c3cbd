"""Disposable worker processes: each does one job and is gone."""

import multiprocessing
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pebble import ProcessPool


@contextmanager
def worker_pool(size: int, preload: Sequence[str]) -> Iterator[ProcessPool]:
    """Give a pool of `size` workers that begin with the modules of `preload` imported.

    Leaving the body ends them, done or not: what they own dies with them.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    pool = ProcessPool(max_workers=max(1, size), max_tasks=1, context=context)
    try:
        yield pool
    finally:
        pool.stop()
        pool.join()
