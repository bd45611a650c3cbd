"""The suite's own fixtures: parts start alone, break when told to and come back."""

import pytest
import redis as client
from stack_under_test import StackUnderTest

from infra.settings import Redis

pytestmark = pytest.mark.long


def test_a_part_is_started_alone_and_survives_each_fault(
    redis: Redis, faults: StackUnderTest
) -> None:
    server = client.Redis(**redis.client_options())
    server.set("contract:kept", "yes")
    faults.stop("redis")
    with pytest.raises(client.ConnectionError):
        server.get("contract:kept")
    faults.start("redis")
    before = faults.status("redis").pids
    faults.kill("redis")
    assert faults.until_healthy("redis").pids != before
    assert server.get("contract:kept") == b"yes"
