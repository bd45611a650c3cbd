"""Watch what a run's processes use while it lasts."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from autograder.contract.manifest import Limits
from autograder.execution.holdings import held_files, stored_below

MIB = 1 << 20
_EVERY_SECONDS = 0.2
_FILES_EVERY_SECONDS = 1.0
# Looking at files takes at most this part of the time.
_FILES_SHARE = 0.1
# A run may write several files of the largest size, and their number has an end too.
_FILES_OF_LARGEST_SIZE = 4
_MOST_FILES = 200_000


@dataclass
class Usage:
    """Hold the highest memory seen, in MiB, and the limit that was broken, if one was."""

    peak_memory_mb: float = 0.0
    broken: str = ""
    """Empty, `memory_limit` or `disk_limit`."""
    _stop: threading.Event = field(default_factory=threading.Event, repr=False)


@contextmanager
def watched(pid: int | None, folder: Path, limits: Limits) -> Iterator[Usage]:
    """Sample the process tree under `pid` and what it stores; kill it when that is too much.

    Memory counts against `limits.memory_mb`, whether processes hold it, or files that live in
    memory, or this process because of what the run sent. What lies below `folder` counts against
    four files of `limits.file_mb`.
    """
    usage = Usage()
    if pid is None:
        yield usage
        return
    thread = threading.Thread(target=_watch, args=(pid, folder, limits, usage), daemon=True)
    thread.start()
    try:
        yield usage
    finally:
        usage._stop.set()
        thread.join(timeout=2)


def _watch(pid: int, folder: Path, limits: Limits, usage: Usage) -> None:
    ourselves = psutil.Process()
    ours_before = ourselves.memory_info().rss
    in_memory = 0
    next_look = time.monotonic() + _FILES_EVERY_SECONDS
    while not usage._stop.wait(_EVERY_SECONDS):
        tree = _tree(pid)
        if not tree:
            return
        if time.monotonic() >= next_look:
            begun = time.monotonic()
            in_memory, on_disk = held_files([process.pid for process in tree])
            stored, files = stored_below(folder, most_files=_MOST_FILES)
            if (
                stored + on_disk > _FILES_OF_LARGEST_SIZE * limits.file_mb * MIB
                or files >= _MOST_FILES
            ):
                usage.broken = "disk_limit"
            took = time.monotonic() - begun
            next_look = time.monotonic() + max(_FILES_EVERY_SECONDS, took / _FILES_SHARE)
        held = (sum(_resident(process) for process in tree) + in_memory) / MIB
        usage.peak_memory_mb = max(usage.peak_memory_mb, held)
        grown = (ourselves.memory_info().rss - ours_before) / MIB
        if max(held, grown) > limits.memory_mb:
            usage.broken = "memory_limit"
        if usage.broken:
            _kill(tree)
            return


def _kill(tree: list[psutil.Process]) -> None:
    for process in reversed(tree):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(process.pid, signal.SIGKILL)


def _tree(pid: int) -> list[psutil.Process]:
    try:
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    except psutil.Error:
        return []


def _resident(process: psutil.Process) -> int:
    """Return a process's share of resident memory, in bytes; forks share what neither changed."""
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.rss))
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
