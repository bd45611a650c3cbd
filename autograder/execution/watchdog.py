"""Watch what a run's processes use while it lasts."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import psutil

MIB = 1 << 20
_EVERY_SECONDS = 0.2


@dataclass
class Usage:
    """Hold the highest resident memory seen, in MiB, and whether it went over the limit."""

    peak_memory_mb: float = 0.0
    exceeded: bool = False
    _stop: threading.Event = field(default_factory=threading.Event, repr=False)


@contextmanager
def watched(pid: int | None, *, memory_mb: float) -> Iterator[Usage]:
    """Sample the process tree under `pid`; kill it when it holds more than `memory_mb` MiB."""
    usage = Usage()
    if pid is None:
        yield usage
        return
    thread = threading.Thread(target=_watch, args=(pid, memory_mb, usage), daemon=True)
    thread.start()
    try:
        yield usage
    finally:
        usage._stop.set()
        thread.join(timeout=2)


def _watch(pid: int, memory_mb: float, usage: Usage) -> None:
    while not usage._stop.wait(_EVERY_SECONDS):
        tree = _tree(pid)
        if not tree:
            return
        held = sum(_resident(process) for process in tree) / MIB
        usage.peak_memory_mb = max(usage.peak_memory_mb, held)
        if held > memory_mb:
            usage.exceeded = True
            for process in reversed(tree):
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(process.pid, signal.SIGKILL)
            return


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
