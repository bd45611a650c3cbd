"""Ask the learner's own kernel from within, for practice: honest, not safe."""

from collections.abc import Mapping
from typing import Any

from autograder.probing import exchange
from autograder.probing.failures import ProbeFailed
from autograder.probing.serving import answer


class LocalProbe:
    """Look names up and call functions in a namespace of this process.

    Arguments and results are coded and decoded as on the way to another process, so that checks
    find the same as when the work is graded. No time limit applies: the learner can interrupt.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self.alive = True

    def __call__(
        self,
        what: exchange.What,
        name: str,
        args: tuple[Any, ...] = (),
        *,
        inspect: bool = False,
    ) -> tuple[Any, Any]:
        """Return the value and, if `inspect`, the arguments afterwards, or raise ProbeFailed."""
        request = exchange.request(what, name, args, inspect=inspect)
        text = answer(request, self._namespace).text
        try:
            return exchange.read(text, name)
        except ProbeFailed as failure:
            if failure.ename == "KeyboardInterrupt":
                raise KeyboardInterrupt from None
            raise
