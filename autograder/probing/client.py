"""Ask a learner's kernel from outside, over its shell channel."""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograder.probing import exchange
from autograder.probing.channel import Gone, ShellChannel, Silent, Unreadable
from autograder.probing.failures import ProbeFailed
from autograder.probing.planted import expression
from autograder.probing.wire import MIME

_DEAD = "the kernel is gone, so `{name}` could not be asked"


class KernelProbe:
    """Look names up and call functions in a kernel that holds the planted text.

    `probe_seconds` bounds one answer and `deadline`, on the monotonic clock, all of them.
    `interrupt` stops what the kernel is running; a kernel that gives no sign within
    `grace_seconds` after it counts as dead. A name that gave no answer once is not asked again.
    `alive` says whether there is any sense in asking on, `died` that the kernel ended meanwhile.
    """

    def __init__(
        self,
        connection_file: Path,
        *,
        probe_seconds: float,
        deadline: float,
        interrupt: Callable[[], None],
        grace_seconds: float = 2.0,
    ) -> None:
        self._channel = ShellChannel(connection_file)
        self._probe_seconds = probe_seconds
        self._deadline = deadline
        self._interrupt = interrupt
        self._grace_seconds = grace_seconds
        self._unanswered: dict[str, str] = {}
        self.alive = True
        self.died = False
        self.timings_ms: list[float] = []

    def __call__(
        self,
        what: exchange.What,
        name: str,
        args: tuple[Any, ...] = (),
        *,
        inspect: bool = False,
    ) -> tuple[Any, Any]:
        """Return the value and, if `inspect`, the arguments afterwards, or raise ProbeFailed."""
        if not self.alive:
            raise ProbeFailed("dead", _DEAD.format(name=name))
        if name in self._unanswered:
            raise ProbeFailed("timeout", f"{self._unanswered[name]} (it was not asked again)")
        request = exchange.request(what, name, args, inspect=inspect)
        seconds = min(self._probe_seconds, self._deadline - time.monotonic())
        if seconds <= 0:
            raise ProbeFailed("dead", f"no time was left in this run to ask `{name}`")
        begun = time.perf_counter()
        text = self._answer(request, name, seconds)
        try:
            return exchange.read(text, name)
        finally:
            self.timings_ms.append((time.perf_counter() - begun) * 1e3)

    def close(self) -> None:
        """Close the connection; the kernel belongs to whoever started it."""
        self._channel.close()

    def _answer(self, request: str, name: str, seconds: float) -> Any:
        msg_id = ""
        try:
            msg_id = self._channel.ask(expression(request))
            content = self._channel.reply(msg_id, seconds)
        except Silent:
            self._unanswered[name] = f"`{name}` gave no answer within {seconds:.3g} s"
            self.alive = self._settles(msg_id)
            end = "" if self.alive else " and could not be interrupted"
            raise ProbeFailed("timeout", self._unanswered[name] + end) from None
        except Gone:
            self.alive, self.died = False, True
            raise ProbeFailed("dead", f"the kernel died when it was asked for `{name}`") from None
        except Unreadable as error:
            raise exchange.garbled(name, str(error)) from None
        try:
            return content["user_expressions"]["answer"]["data"][MIME]
        except (KeyError, TypeError):
            raise exchange.garbled(name, "there is none in its reply") from None

    def _settles(self, msg_id: str) -> bool:
        """Interrupt the kernel, twice if need be, and say whether it ended what it was doing."""
        for _ in range(2):
            with contextlib.suppress(OSError, RuntimeError):
                self._interrupt()
            try:
                self._channel.reply(msg_id, self._grace_seconds / 2)
            except Silent:
                continue
            except Gone:
                self.died = True
                return False
            except Unreadable:
                return True
            return True
        return False
