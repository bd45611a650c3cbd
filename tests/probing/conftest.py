"""Kernels for the tests of this folder."""

from collections.abc import Iterator

import pytest
from probed_kernel import Kernel

from autograder.probing.client import KernelProbe


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    started = Kernel(tmp_path_factory.mktemp("k"))
    yield started
    started.end()


@pytest.fixture
def doomed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel that a test may break."""
    started = Kernel(tmp_path_factory.mktemp("d"))
    yield started
    started.end()


@pytest.fixture
def probe(kernel: Kernel) -> Iterator[KernelProbe]:
    yield kernel.probe()
    kernel.close_probes()
