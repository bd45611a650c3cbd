"""Bring a partition's state to a place of its log, from the newest snapshot before it."""

import logging
import time
from collections.abc import Iterator
from typing import Any, Protocol

from infra.events.configuration import MILLISECONDS
from infra.events.errors import ContractError
from projects.fraud.contracts import CONTRACTS, Payment
from projects.fraud.scoring.label_log import Labels
from projects.fraud.scoring.partition_state import PartitionState
from projects.fraud.scoring.snapshots import Snapshots
from projects.fraud.windows.online import OnlineConfig

log = logging.getLogger(__name__)
_WORTH_TELLING_SECONDS = 1.0


class Log(Protocol):
    """Be a log whose partitions are read by offsets; see `KafkaLog`."""

    def read(self, topic: str, partition: int, start: int, stop: int) -> Iterator[Any]:
        """Yield the records with start <= offset < stop."""
        ...


def rebuilt(
    payments: Log,
    labels: Labels,
    topic: str,
    partition: int,
    position: int,
    config: OnlineConfig,
    snapshots: Snapshots | None = None,
) -> PartitionState:
    """Return the state of a partition as it is before the payment at the offset `position`."""
    begun = time.monotonic()
    found = snapshots.newest(partition, position, config) if snapshots else None
    state = found or PartitionState.new(config)
    since = state.position
    advance(state, payments, labels, topic, partition, position)
    if (seconds := time.monotonic() - begun) > _WORTH_TELLING_SECONDS:
        log.info("%s-%d: from %d to %d in %.1f s", topic, partition, since, position, seconds)
    return state


def advance(
    state: PartitionState, payments: Log, labels: Labels, topic: str, partition: int, position: int
) -> None:
    """Take in what lies between a state's place and `position`, which others decided on."""
    for record in payments.read(topic, partition, state.position, position):
        sent = record.timestamp / MILLISECONDS
        state.pass_by(read_payment(record), record.offset, labels, sent)
    state.position = max(state.position, position)


def read_payment(record: Any) -> Payment | None:
    """Return the payment of a consumed record, None for what is none: it is a dead letter."""
    try:
        data = CONTRACTS.read(record.value).data
    except ContractError:
        return None
    return data if isinstance(data, Payment) else None
