"""Have each partition's state at the place that the log asks for."""

from collections.abc import Iterable

import numpy as np

from infra.events.configuration import MILLISECONDS
from infra.events.records import Received
from projects.fraud.contracts import Payment
from projects.fraud.scoring.kafka_log import KafkaLog
from projects.fraud.scoring.label_log import LabelLog
from projects.fraud.scoring.partition_state import PartitionState
from projects.fraud.scoring.published import Published
from projects.fraud.scoring.rebuilding import advance, rebuilt
from projects.fraud.scoring.snapshots import Snapshots
from projects.fraud.windows.online import OnlineConfig


class Partitions:
    """Hold the states of the partitions that this member was given, and move them along.

    A partition that is met for the first time is rebuilt; one that went to another member and came
    back is moved past what that one decided; one that is read again answers from memory.
    """

    def __init__(
        self,
        payments: KafkaLog,
        labels: LabelLog,
        published: Published,
        topic: str,
        config: OnlineConfig,
        snapshots: Snapshots | None = None,
    ) -> None:
        self._payments, self._labels, self._published = payments, labels, published
        self._topic, self._config, self._snapshots = topic, config, snapshots
        self.states: dict[int, PartitionState] = {}
        self._seen: dict[int, int] = {}

    @property
    def labels_too_late(self) -> int:
        """Return how many labels came after a payment in which they should have counted."""
        return sum(state.labels_too_late for state in self.states.values())

    def forget_place(self, partitions: Iterable[int]) -> None:
        """Take note that others may have decided on partitions since their last payment here."""
        for partition in partitions:
            self._seen.pop(partition, None)

    def refresh(self) -> None:
        """Take note of the labels that have arrived by now."""
        self._labels.refresh()

    def row(self, received: Received[Payment]) -> np.ndarray | None:
        """Return the features of a payment, None where nothing is to be decided any more.

        Raise RejectedError for a payment that comes too late.
        """
        payment = received.event.data
        is_in_place = received.attempt == 1
        row = self._in_place(received) if is_in_place else self._out_of_place(received)
        return None if row is None or payment.transaction_id in self._published else row

    def _in_place(self, received: Received[Payment]) -> np.ndarray | None:
        partition, offset = received.partition, received.offset
        if partition not in self._seen or offset <= self._seen[partition]:
            # After a crash, an outage or another member, what comes may be published already.
            self._look_for_published(partition, offset)
        self._seen[partition] = offset
        state = self.states.get(partition)
        if state is not None and offset < state.position and state.remembers(offset):
            return state.recall(offset)
        if state is None or offset < state.position:
            state = self._rebuilt(partition, offset)
        elif offset > state.position:
            advance(state, self._payments, self._labels, self._topic, partition, offset)
        return state.take(received.event.data, offset, self._labels, received.sent)

    def _out_of_place(self, received: Received[Payment]) -> np.ndarray | None:
        partition, offset = received.partition, received.offset
        state = self.states.get(partition) or self._rebuilt(partition, offset)
        if state.remembers(offset):
            return state.recall(offset)
        return state.out_of_place(received.event.data, self._labels, received.sent)

    def _rebuilt(self, partition: int, offset: int) -> PartitionState:
        state = rebuilt(
            self._payments,
            self._labels,
            self._topic,
            partition,
            offset,
            self._config,
            self._snapshots,
        )
        self.states[partition] = state
        return state

    def _look_for_published(self, partition: int, offset: int) -> None:
        # Read to its end first: the same reader looks for decisions.
        for record in list(self._payments.read(self._topic, partition, offset, offset + 1)):
            self._published.look(record.timestamp / MILLISECONDS)
