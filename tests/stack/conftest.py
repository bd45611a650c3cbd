"""Homes, ports and stacks for tests of the local stack; whatever they start is ended."""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.settings import Ports, Settings, load_settings
from infra.stack.parts.redis import RedisPart
from infra.stack.port_holders import is_free
from infra.stack.stack import Stack


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("LAB_")]:
        monkeypatch.delenv(name)


def free_offset() -> int:
    """Find an offset at which every port of a stack is free now."""
    while True:
        offset = random.randrange(100, 3000)
        if all(is_free(port) for port in Ports(offset=offset).all()):
            return offset


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
