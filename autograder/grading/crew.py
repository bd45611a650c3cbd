"""Processes that each do one job and are gone, whatever the job does to them."""

import json
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

from autograder.errors import CourseError
from autograder.grading.workers import end_with_leader, forking_context

J = TypeVar("J")

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_DONE: dict[str, str] = {}
_STARTS = 3


@contextmanager
def _unbroken() -> Iterator[None]:
    """Hold back what would end this process; a worker that is half told of its job complains."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@dataclass(frozen=True)
class Finished(Generic[J]):
    """Tell that a job has ended; `problem` says why when its process did not come to the end."""

    job: J
    problem: str = ""


@dataclass(frozen=True)
class _Running(Generic[J]):
    job: J
    process: BaseProcess
    until: float


class Crew(Generic[J]):
    """Do jobs side by side, each in a process of its own; make one with `crew`.

    Each process shares nothing with the others that its death could leave locked.
    """

    def __init__(self, do: Callable[[J], None], preload: Sequence[str], seconds: float) -> None:
        self._do, self._seconds = do, seconds
        self._running: dict[Connection, _Running[J]] = {}
        self._context = forking_context([do.__module__, *preload])
        forkserver.ensure_running()  # it imports while the caller goes on

    def begin(self, job: J) -> None:
        """Start a process for `job`."""
        for attempt in range(_STARTS):
            ours, theirs = self._context.Pipe(duplex=False)
            process = self._context.Process(target=_serve, args=(self._do, job, theirs))
            try:
                forkserver.ensure_running()
                with _unbroken():
                    process.start()
                    until = time.monotonic() + self._seconds
                    self._running[ours] = _Running(job, process, until)
            except (OSError, EOFError):  # whatever ended the fork server, there is a new one
                ours.close()
                if attempt == _STARTS - 1:
                    raise
                continue
            finally:
                theirs.close()
            return

    def finished(self, also: Sequence[int] = ()) -> list[Finished[J]]:
        """Wait until a job has ended and return those that have; raise CourseError for its own.

        A full or closed disk is such an error, since no other job would fare better. When one of
        the descriptors in `also` can be read first, there may be none.
        """
        while self._running or also:
            due = min((running.until for running in self._running.values()), default=None)
            left = None if due is None else max(0.0, due - time.monotonic())
            ready = wait([*self._running, *also], timeout=left)
            over = {c for c, r in self._running.items() if r.until <= time.monotonic()}
            found = [self._end(c) for c in self._running.copy() if c in ready or c in over]
            if found or any(handle in ready for handle in also):
                return found
        return []

    def close(self) -> None:
        """End what still runs."""
        for connection, running in self._running.items():
            running.process.kill()
            connection.close()
        for running in self._running.values():
            running.process.join()
        self._running.clear()

    def _end(self, connection: Connection) -> Finished[J]:
        answer = None
        if connection.poll():
            with suppress(EOFError, OSError, ValueError):
                # Not unpickled: this process has read what a learner's code answered.
                answer = json.loads(connection.recv_bytes())
        timed_out = answer is None and self._running[connection].until <= time.monotonic()
        running = self._running.pop(connection)
        connection.close()
        if answer is None and not timed_out:
            running.process.join(timeout=5)
        running.process.kill()
        running.process.join()
        if timed_out:
            return Finished(running.job, "The grader's own process was ended: it took too long.")
        if answer is None:
            code = running.process.exitcode
            return Finished(running.job, f"The grader's own process died (exit code {code}).")
        if "mistake" in answer:
            raise CourseError(answer["mistake"], mend=answer["mend"])
        return Finished(running.job, answer.get("problem", ""))


def each_done(
    jobs: Sequence[J],
    begin: Callable[[J], None],
    finished: Callable[[], list[Finished[J]]],
    places: Callable[[], int],
) -> Iterator[Finished[J]]:
    """Begin jobs in their order, at most `places()` at once, and yield each as it is done."""
    waiting, running = list(reversed(jobs)), 0
    while waiting or running:
        while waiting and running < places():
            begin(waiting.pop())
            running += 1
        for done in finished():
            running -= 1
            yield done


@contextmanager
def crew(do: Callable[[J], None], *, preload: Sequence[str], seconds: float) -> Iterator[Crew[J]]:
    """Give a crew whose processes begin with the modules of `preload` imported, and end it.

    A job that has not ended after `seconds` is ended. So is every job when this process ends.
    """
    hands = Crew(do, preload, seconds)
    try:
        yield hands
    finally:
        hands.close()


def _serve(do: Callable[[J], None], job: J, leader: Connection) -> None:
    end_with_leader()
    answer = _DONE
    try:
        do(job)
    except CourseError as error:
        answer = {"mistake": error.message, "mend": error.mend}
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        answer = {
            "mistake": f"Could not write{where}: {error.strerror or error}.",
            "mend": "Free space or fix the rights there, then give the same command: it goes on.",
        }
    except Exception as error:
        answer = {"problem": f"Grading broke off: {type(error).__name__}: {error}"}
    leader.send_bytes(json.dumps(answer).encode())
    leader.close()
