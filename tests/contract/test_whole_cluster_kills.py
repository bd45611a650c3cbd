"""A broker that is killed comes back, one that is kept away stays away, and all is mended after."""

import pytest
from stack_under_test import StackUnderTest

from infra.stack.whole_cluster import alone, is_whole, whole

pytestmark = pytest.mark.long


def test_a_killed_broker_is_back_in_sync_when_the_block_is_left(
    three_brokers: StackUnderTest,
) -> None:
    kafka = three_brokers.own_settings().kafka
    before = three_brokers.status("kafka").pids
    with alone(kafka) as cluster:
        cluster.kill(2)
        assert not is_whole(kafka)
        cluster.keep_away(3)
        assert cluster.is_away(3) and not cluster.is_away(2)
    assert is_whole(kafka)
    after = three_brokers.status("kafka").pids
    assert len(set(before) & set(after)) == 1


def test_what_one_left_broken_is_mended_by_the_next(three_brokers: StackUnderTest) -> None:
    kafka = three_brokers.own_settings().kafka
    three_brokers.keep_away("kafka-1")
    with whole(kafka):
        assert is_whole(kafka)
