"""Bring parts up side by side, each after what it needs, until real work succeeds."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from autograder.errors import CourseError
from infra.stack.plan import Part, Plan
from infra.stack.status import last_words, probe_failure
from infra.stack.supervision import Supervisor

_POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Step:
    """Tell how far a part is; `of` is 0 when nobody knows how much there is to do."""

    part: str
    doing: str
    done: int = 0
    of: int = 0


Watch = Callable[[Step], None]


class PartError(Exception):
    """Say why a part did not become healthy, with the last words of its log."""


def bring_up(
    parts: Iterable[Part], plan: Plan, supervisor: Supervisor, watch: Watch
) -> Mapping[str, Exception]:
    """Make ready, start and probe each part; return what went wrong, by part.

    A part waits for those it needs. What fails stands alone: the others come up all the same.
    """
    wanted = tuple(parts)
    stop = threading.Event()
    running: dict[str, Future[None]] = {}
    with ThreadPoolExecutor(max(1, len(wanted))) as pool:
        for part in _in_order(wanted, plan):
            before = {name: running[name] for name in part.needs(plan) if name in running}
            work = _Bringing(part, plan, supervisor, watch, stop)
            running[part.name] = pool.submit(work.run, before)
        try:
            wait(running.values())
        except BaseException:
            stop.set()
            raise
    found = {name: future.exception() for name, future in running.items()}
    return {name: error for name, error in found.items() if isinstance(error, Exception)}


def _in_order(parts: tuple[Part, ...], plan: Plan) -> list[Part]:
    """Put every part behind those it needs, so that it finds their futures."""
    placed: list[Part] = []
    left = list(parts)
    while left:
        names = {part.name for part in left}
        ready = [part for part in left if not names.intersection(part.needs(plan))]
        if not ready:
            raise ValueError(f"{sorted(names)} need each other")
        placed += ready
        left = [part for part in left if part not in ready]
    return placed


@dataclass(frozen=True)
class _Bringing:
    part: Part
    plan: Plan
    supervisor: Supervisor
    watch: Watch
    stop: threading.Event

    def run(self, before: Mapping[str, Future[None]]) -> None:
        for name, future in before.items():
            if future.exception() is not None:
                raise PartError(f"{self.part.name} needs {name}, which did not come up")
        programs = self.part.programs(self.plan)
        states = self.supervisor.states()
        if not all(p.name in states and states[p.name].is_up for p in programs):
            self._tell("making ready")
            self.part.prepare(self.plan, self._tell)
            for program in programs:
                self.supervisor.start(program.name)
        self._tell("starting")
        self._until_healthy([program.name for program in programs])
        self._tell("healthy")

    def _until_healthy(self, programs: list[str]) -> None:
        until = time.monotonic() + self.plan.options.patience_seconds
        wrong = ""
        while time.monotonic() < until and not self.stop.is_set():
            wrong = probe_failure(self.part, self.plan)
            if not wrong:
                return
            states = self.supervisor.states()
            dead = [name for name in programs if name in states and states[name].has_failed]
            if dead or not states:
                name = dead[0] if dead else programs[0]
                raise PartError(f"{name} ended again and again: {self._words(name)}")
            self.stop.wait(_POLL_SECONDS)
        seconds = self.plan.options.patience_seconds
        raise PartError(
            f"{self.part.name} is not healthy after {seconds:.0f} s: {wrong}. "
            f"{self._words(programs[0])}"
        )

    def _words(self, program: str) -> str:
        return last_words(self.plan, program) or "it left no words in its log"

    def _tell(self, doing: str, done: int = 0, of: int = 0) -> None:
        if self.stop.is_set():
            raise CourseError("Interrupted.")
        self.watch(Step(self.part.name, doing, done, of))
