"""Score a log again from its beginning: what was decided can be shown to follow from it."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from infra.events.configuration import MILLISECONDS
from infra.events.errors import RejectedError
from infra.settings import Kafka
from projects.fraud.contracts import Decision, Payment
from projects.fraud.scoring.configuration import ScorerConfig
from projects.fraud.scoring.deciding import decide
from projects.fraud.scoring.kafka_log import KafkaLog
from projects.fraud.scoring.label_log import LabelLog
from projects.fraud.scoring.models import Model
from projects.fraud.scoring.partition_state import PartitionState
from projects.fraud.scoring.rebuilding import advance, read_payment

_TOGETHER = 1_000


def replayed(
    kafka: Kafka,
    model: Model,
    config: ScorerConfig | None = None,
    *,
    partitions: Sequence[int] | None = None,
    since: Mapping[int, int] | None = None,
) -> Iterator[Decision]:
    """Yield the decision of every payment of the log, partition by partition, as one model decides.

    Nothing is published or committed. The same log and model give the same decisions to the last
    bit. Copies and payments that came too late have none. `partitions` are all unless some are
    named; payments before the offset that `since` has for a partition fill its windows alone.
    """
    config = config or ScorerConfig()
    names = config.online.features.names
    with KafkaLog(kafka) as log, LabelLog(kafka, config.labels) as labels:
        for partition in log.partitions(config.payments) if partitions is None else partitions:
            first = (since or {}).get(partition, 0)
            state = PartitionState.new(config.online)
            advance(state, log, labels, config.payments, partition, first)
            asked: list[tuple[Payment, np.ndarray]] = []
            end = log.bounds(config.payments, partition)[1]
            for record in log.read(config.payments, partition, first, end):
                payment = read_payment(record)
                if payment is None:
                    state.pass_by(None, record.offset, labels)
                    continue
                try:
                    sent = record.timestamp / MILLISECONDS
                    row = state.take(payment, record.offset, labels, sent)
                except RejectedError:
                    continue
                if row is not None:
                    asked.append((payment, row))
                if len(asked) >= _TOGETHER:
                    yield from _decided(model, asked, names, config.reasons)
                    asked = []
            yield from _decided(model, asked, names, config.reasons)


def _decided(
    model: Model,
    asked: Sequence[tuple[Payment, np.ndarray]],
    names: Sequence[str],
    reasons: int,
) -> list[Decision]:
    payments, rows = [payment for payment, _ in asked], [row for _, row in asked]
    return decide(model, payments, rows, names, reasons=reasons)
