"""What a check is, and the decorator that defines one."""

import inspect
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from autograder.checks.run import Run
from autograder.errors import CourseError


@dataclass(frozen=True)
class Check:
    """Hold one check: what it is worth, what it needs, and the function that judges a run.

    `once`: judged with the learner's own parameters only. `needs`: the name of a check of the same
    task that must pass first. `feedback`: what a learner who misses a hidden check is told.
    """

    task: str
    name: str
    points: float
    hidden: bool
    feedback: str
    once: bool
    needs: str
    body: Callable[[Run], None]

    @property
    def id(self) -> str:
        return f"{self.task}.{self.name}"

    @property
    def needs_id(self) -> str:
        """Return the id of the check that must pass first, or nothing."""
        return f"{self.task}.{self.needs}" if self.needs else ""


@dataclass
class Registry:
    """Collect the checks of the file that is being loaded, with the line of each."""

    module: str
    path: str
    hidden: bool
    checks: list[tuple[Check, int]] = field(default_factory=list)


_loading: ContextVar[Registry | None] = ContextVar("registry_of_the_loading_file", default=None)

Body = TypeVar("Body", bound=Callable[[Run], None])


@contextmanager
def collecting(registry: Registry) -> Iterator[Registry]:
    """Collect into the registry every check defined inside the block."""
    token = _loading.set(registry)
    try:
        yield registry
    finally:
        _loading.reset(token)


class _Decorator(Protocol):
    def __call__(self, body: Body, /) -> Body: ...


def check(
    task: str,
    *,
    points: float = 1.0,
    needs: str = "",
    feedback: str = "",
    once: bool = False,
) -> _Decorator:
    """Define a check of a task; see Check for what the options mean.

    Outside of load_checks the function is returned as it stands, so that a file of checks can be
    imported by its own tests. Raises CourseError for what no check can be.
    """
    caller = sys._getframe(1)
    module, line = str(caller.f_globals.get("__name__", "")), caller.f_lineno

    registry = _loading.get()
    where = f"{registry.path}:{line}" if registry else f"{module}:{line}"
    # At once: a bare `@check` hands over the function, and `define` would never be called.
    if not isinstance(task, str) or not task:
        raise CourseError(
            f"{where}: @check needs a task's id, got {task!r}.",
            mend='Write @check("the_task", points=1).',
        )

    def define(body: Body) -> Body:
        if registry is None:
            return body
        if module != registry.module:
            raise CourseError(
                f"{where}: the check of task {task!r} is defined in the module {module!r}.",
                mend="Define checks in checks.py and hidden_checks*.py alone, helpers beside them.",
            )
        _insist_on_form(points, body, where)
        made = Check(
            task=task,
            name=body.__name__,
            points=float(points),
            hidden=registry.hidden,
            feedback=feedback,
            once=once,
            needs=needs,
            body=body,
        )
        registry.checks.append((made, line))
        return body

    return define


def _insist_on_form(points: object, body: Callable[..., object], where: str) -> None:
    if isinstance(points, bool) or not isinstance(points, int | float):
        raise CourseError(
            f"{where}: points must be a number, is {points!r}.", mend="Write points=1."
        )
    if not math.isfinite(points) or points < 0:
        raise CourseError(
            f"{where}: points must be 0 or more, is {points!r}.", mend="Write points=1."
        )
    if not inspect.isfunction(body) or inspect.iscoroutinefunction(body):
        raise CourseError(
            f"{where}: a check must be a plain function.", mend="Write def, not async def."
        )
    if inspect.isgeneratorfunction(body):
        raise CourseError(f"{where}: a check must not yield, or it never runs.", mend="Drop yield.")
    if len(inspect.signature(body).parameters) != 1:
        raise CourseError(
            f"{where}: a check takes the run and nothing else.",
            mend=f"Write def {body.__name__}(run: Run) -> None.",
        )
