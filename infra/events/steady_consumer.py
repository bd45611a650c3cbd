"""A consumer that keeps what its group assigns to it, however short the polls are."""

from typing import Any

from kafka import KafkaConsumer

_JOIN_MILLISECONDS = 15_000


class SteadyConsumer(KafkaConsumer):  # type: ignore[misc]
    """Be kafka-python's consumer without a fault of its version 3.0.12.

    There, an assignment that arrives after `poll` gave up waiting for it is never taken up: the
    member stays in its group, sends heartbeats, and reads nothing until the next rebalance. This
    one waits for a join that has begun, and joins anew where one was lost.
    """

    def poll(
        self, timeout_ms: float = 0, max_records: int | None = None, update_offsets: bool = True
    ) -> Any:
        """Return records by partition, or none after `timeout_ms`; a rebalance may take longer."""
        group = self._coordinator
        if group._join_task is not None:
            group.rejoin_needed = True
        group.poll(timeout_ms=max(timeout_ms, _JOIN_MILLISECONDS))
        return super().poll(timeout_ms, max_records, update_offsets)
