"""The parts of the stack, each started for the session when a test first asks for it.

`kafka`, `redis`, `postgres`, `s3` and `mlflow` are the endpoints of `infra.settings`. `faults`
stops, starts, restarts and kills parts of that stack; whoever breaks a part leaves it healthy.
`three_brokers` is a stack of its own with nothing but a cluster of three.
"""

import os
from collections.abc import Iterator

import pytest
from stack_ports import free_offset
from stack_under_test import StackUnderTest, is_told_from_outside

from infra.settings import S3, Kafka, Mlflow, Postgres, Redis

__all__ = ["free_offset"]  # tests/stack takes it from whichever conftest was read last


@pytest.fixture(scope="session")
def _stack_under_test(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackUnderTest]:
    yield from _running(StackUnderTest(tmp_path_factory.mktemp("contract") / "stack"))


@pytest.fixture(scope="session")
def faults(_stack_under_test: StackUnderTest) -> StackUnderTest:
    return _stack_under_test


@pytest.fixture(scope="session")
def kafka(_stack_under_test: StackUnderTest) -> Kafka:
    return _stack_under_test.settings("kafka").kafka


@pytest.fixture(scope="session")
def redis(_stack_under_test: StackUnderTest) -> Redis:
    return _stack_under_test.settings("redis").redis


@pytest.fixture(scope="session")
def postgres(_stack_under_test: StackUnderTest) -> Postgres:
    return _stack_under_test.settings("postgres").postgres


@pytest.fixture(scope="session")
def s3(_stack_under_test: StackUnderTest) -> S3:
    return _stack_under_test.settings("s3").s3


@pytest.fixture(scope="session")
def mlflow(_stack_under_test: StackUnderTest) -> Mlflow:
    return _stack_under_test.settings("mlflow").mlflow


@pytest.fixture(scope="module")
def three_brokers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackUnderTest]:
    """Run a cluster of three for one module, since it takes a gigabyte of memory."""
    if is_told_from_outside("kafka"):
        pytest.skip("Kafka is told from outside, and is not ours to break")
    stack = StackUnderTest(tmp_path_factory.mktemp("brokers") / "stack", brokers=3)
    for running in _running(stack):
        running.start("kafka")
        yield running


def _running(stack: StackUnderTest) -> Iterator[StackUnderTest]:
    with pytest.MonkeyPatch.context() as patch:
        # Ports are this stack's own choice, whatever a shell says of another's.
        for name in [name for name in os.environ if name.startswith("LAB_PORT_")]:
            patch.delenv(name)
        try:
            yield stack
        finally:
            stack.wipe()
