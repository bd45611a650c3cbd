"""Homes, ports and stacks for tests of the local stack; whatever they start is ended."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from stack_ports import free_offset

from infra.settings import Settings, load_settings
from infra.stack.parts.redis import RedisPart
from infra.stack.stack import Stack


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LAB_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def offset() -> int:
    return free_offset()


@pytest.fixture
def new_stack() -> Iterator[Callable[[Path], Stack]]:
    """Make stacks that consist of Redis, which comes up in a blink, and end them afterwards."""
    made: list[Stack] = []

    def make(root: Path) -> Stack:
        made.append(Stack(root / ".state" / "stack", parts=[RedisPart()]))
        return made[-1]

    yield make
    for stack in made:
        stack.wipe()


@pytest.fixture
def settings_of() -> Callable[[Stack], Settings]:
    return lambda stack: load_settings(stack.home.root)
