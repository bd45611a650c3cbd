"""Know which decisions were published already, so that a restart publishes none of them again."""

from dataclasses import dataclass, field

from infra.events.errors import ContractError
from projects.fraud.contracts import CONTRACTS, Decision
from projects.fraud.scoring.kafka_log import KafkaLog

# How far the clocks of those who publish may be apart.
_SKEW_SECONDS = 10.0


@dataclass
class Published:
    """Hold the transactions whose decisions were published after a time.

    Read when a partition is taken over or given back to be read again: what was decided, but not
    committed, was published after the payment was. A member that was taken for dead and lives may
    still publish one more; it bears the same event id.
    """

    log: KafkaLog
    topic: str
    transactions: set[int] = field(default_factory=set)

    def look(self, since: float) -> None:
        """Read the decisions that were sent after a time in seconds since 1970."""
        for partition in self.log.partitions(self.topic):
            start = self.log.offset_at(self.topic, partition, max(since - _SKEW_SECONDS, 0.0))
            end = self.log.bounds(self.topic, partition)[1]
            for record in self.log.read(self.topic, partition, start, end):
                try:
                    data = CONTRACTS.read(record.value).data
                except ContractError:
                    continue
                if isinstance(data, Decision):
                    self.transactions.add(data.transaction_id)

    def __contains__(self, transaction: int) -> bool:
        return transaction in self.transactions
