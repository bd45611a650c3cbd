"""Processes beside the story's own, for work that would otherwise wait for its one core."""

from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context

from projects.fraud.scoring.garbage import collect_seldom
from projects.fraud.scoring.processes import die_with_the_parent

_WORK = tuple(f"projects.fraud.story.{name}" for name in ("replays", "streaming", "watching"))


def start_helpers(count: int) -> ProcessPoolExecutor:
    """Return a pool of processes, which import at once what they will be asked to do."""
    # A fork would take clients of Kafka and threads of theirs along.
    pool = ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=_prepare)
    for _ in range(count):
        pool.submit(_prepared)
    return pool


def _prepare() -> None:
    die_with_the_parent()
    collect_seldom()
    for name in _WORK:
        import_module(name)


def _prepared() -> None:
    """Be something to ask for: a pool starts a process when there is."""
