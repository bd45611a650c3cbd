"""Ports for stacks that tests start, apart from those of tests in another process."""

import os
import random

from infra.settings import Ports
from infra.stack.port_holders import is_free


def free_offset() -> int:
    """Find an offset at which every port of a stack is free now.

    Parts bind their ports one after another, so tests in another process draw from other offsets:
    no two ports of a stack differ by 50 modulo 100.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    while True:
        offset = random.SystemRandom().randrange(100, 2900, 100) + 50 * (worker % 2)
        if all(is_free(port) for port in Ports(offset=offset).all()):
            return offset
