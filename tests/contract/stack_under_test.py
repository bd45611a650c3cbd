"""The stack that the contract suite runs against, and the faults that may be caused in it.

Parts are started one by one, when a test first asks for them, in a home and on ports of their
own. Whoever sets LAB_TIER or a part's address has that used instead: nothing is started then,
and tests that break servers are skipped, since those are not ours to break.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psutil
import pytest
from stack_ports import free_offset

from autograder.errors import CourseError
from infra.settings import Settings, load_settings
from infra.stack.stack import Stack
from infra.stack.status import PartStatus, State
from infra.stack.supervision import Supervisor

ADDRESSES = {
    "kafka": "LAB_KAFKA_BOOTSTRAP",
    "redis": "LAB_REDIS_HOST",
    "postgres": "LAB_POSTGRES_HOST",
    "s3": "LAB_S3_URL",
    "mlflow": "LAB_MLFLOW_URL",
}
_SECONDS_TO_MEND = 180
_ATTEMPTS_AT_PORTS = 5
T = TypeVar("T")


def is_told_from_outside(part: str) -> bool:
    """Say whether the environment tells where this part is."""
    return bool(os.environ.get("LAB_TIER") or os.environ.get(ADDRESSES[part]))


class StackUnderTest:
    """Start parts when they are asked for, break them and mend them."""

    def __init__(self, home: Path, *, brokers: int = 1) -> None:
        self._stack = Stack(home)
        self._supervisor = Supervisor(self._stack.home)
        self._brokers = brokers
        self._is_placed = False

    def settings(self, part: str) -> Settings:
        """Return settings in which `part` is up; start it unless it is told from outside."""
        if is_told_from_outside(part):
            return load_settings()
        self.start(part)
        return self.own_settings()

    def own_settings(self) -> Settings:
        """Return the settings of this stack, whatever runs in it."""
        return load_settings(self._stack.home.root)

    def start(self, part: str) -> None:
        """Bring a part up and return when it does real work."""
        self._require_own(part)
        for attempt in range(_ATTEMPTS_AT_PORTS):
            offset = None if self._is_placed else free_offset()
            try:
                outcome = self._stack.up([part], brokers=self._brokers, port_offset=offset)
            except CourseError as error:
                # Another run on this machine took the port between the look and the start.
                is_taken = "is held by" in error.message and not self._is_placed
                if not is_taken or attempt == _ATTEMPTS_AT_PORTS - 1:
                    raise
                continue
            assert not outcome.failures, outcome.failures
            self._is_placed = True
            return

    def stop(self, part: str) -> None:
        """Stop a part as an operator does, with a signal that it may answer; data stays."""
        self._require_own(part)
        self._stack.down([part])

    def restart(self, part: str) -> None:
        """Stop a part and start it again."""
        self.stop(part)
        self.start(part)

    @contextmanager
    def away(self, part: str) -> Iterator[None]:
        """Stop a part for the block, and start it whatever happens there."""
        self.stop(part)
        try:
            yield
        finally:
            self.start(part)

    def kill(self, part: str) -> None:
        """Send SIGKILL to all processes of a part; the supervisor starts them again."""
        self._require_own(part)
        _kill(self.status(part).pids)

    def keep_away(self, program: str) -> None:
        """Kill one process, such as the broker `kafka-2` of three, until it is started."""
        self._require_own("kafka")
        pid = self._supervisor.states()[program].pid
        # Stopped in its tracks, so that it neither ends in order nor is started again.
        psutil.Process(pid).suspend()
        self._supervisor.stop(program, wait=False)
        _kill([pid])

    def start_program(self, program: str) -> None:
        """Start one process that was stopped; returns before it is ready."""
        self._require_own("kafka")
        self._supervisor.start(program)

    def status(self, part: str) -> PartStatus:
        """Return how a part is now."""
        return next(status for status in self._stack.status() if status.part == part)

    def until_healthy(self, part: str) -> PartStatus:
        """Wait until a part does real work again."""
        return until(
            lambda: self.status(part),
            lambda status: status.state is State.HEALTHY,
            seconds=_SECONDS_TO_MEND,
        )

    def wipe(self) -> None:
        """Stop everything and remove its data."""
        self._stack.wipe()

    @staticmethod
    def _require_own(part: str) -> None:
        if is_told_from_outside(part):
            pytest.skip(f"{part} is told from outside, and is not ours to break")


def _kill(pids: Iterable[int]) -> None:
    """Kill and wait for the end, so that nobody takes the dead for living."""
    processes = [psutil.Process(pid) for pid in pids]
    for process in processes:
        process.kill()
    psutil.wait_procs(processes, timeout=10)


def until(ask: Callable[[], T], is_so: Callable[[T], bool], *, seconds: float = 30.0) -> T:
    """Ask until the answer is so, and return it; fail after `seconds`."""
    end = time.monotonic() + seconds
    while not is_so(answer := ask()):
        assert time.monotonic() < end, f"not so after {seconds} s: {answer}"
        time.sleep(0.1)
    return answer
