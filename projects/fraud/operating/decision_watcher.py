"""Watch the log from outside: what callers of the scorer see, whatever it says of itself.

A payment's envelope bears the time at which it was due, and its decision bears the same; the broker
notes when the decision arrived. So what a payment waited anywhere on its way counts as latency.
"""

import logging
import time
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from infra.events.errors import ContractError, EventsError
from infra.events.lag import lag
from infra.events.stopping import Stop
from infra.events.topics import GroupTopics
from infra.settings import Kafka
from projects.fraud.contracts import CONTRACTS, Decision
from projects.fraud.operating.decision_metrics import DecisionMetrics
from projects.fraud.scoring.configuration import ScorerConfig

_LOG = logging.getLogger(__name__)
_MILLISECONDS = 1000
_SECONDS_BETWEEN_LOOKS = 5.0
# A replayed world's payments were due years ago; no decision in service takes this long.
_LONGEST_LATENCY = 3600.0


class DecisionWatcher:
    """Read decisions as they are published, and ask what waits; no member of any group."""

    def __init__(
        self, kafka: Kafka, metrics: DecisionMetrics, scorer: ScorerConfig | None = None
    ) -> None:
        """Begin behind the newest decision; raise kafka's KafkaError when no broker answers."""
        self._kafka = kafka
        self._metrics = metrics
        self._scorer = scorer or ScorerConfig()
        self._dead = GroupTopics.of(self._scorer.consumer, self._scorer.retry).dead
        self._consumer = KafkaConsumer(
            **kafka.client_options(), enable_auto_commit=False, isolation_level="read_committed"
        )
        decisions = self._partitions(self._scorer.decisions)
        self._consumer.assign(decisions)
        self._consumer.seek_to_end(*decisions)
        for one in decisions:
            # Asked now: else it is wherever the end is when the first poll comes.
            self._consumer.position(one)
        self._dead_seen = self._dead_letters()
        metrics.began(time.time())

    def step(self, seconds: float = 0.5) -> int:
        """Take what was published within so many seconds; return how many decisions."""
        found = self._consumer.poll(timeout_ms=round(seconds * _MILLISECONDS))
        records = [record for batch in found.values() for record in batch]
        for record in sorted(records, key=lambda one: one.timestamp):
            self._take(record)
        return len(records)

    def look(self) -> None:
        """Ask how far the scorer is behind, and how many payments it put aside."""
        behind = lag(self._kafka, self._scorer.group, [self._scorer.payments])
        self._metrics.waiting(sum(behind.values()))
        dead = self._dead_letters()
        self._metrics.undecided(max(0, dead - self._dead_seen))
        self._dead_seen = dead

    def run(self, stop: Stop) -> None:
        """Watch until told to stop; brokers that are away are waited for."""
        due = 0.0
        while not stop.is_asked:
            try:
                self.step()
                if time.monotonic() >= due:
                    self.look()
                    due = time.monotonic() + _SECONDS_BETWEEN_LOOKS
            except (EventsError, KafkaError) as error:
                _LOG.warning("the log cannot be watched: %s", error)
                time.sleep(1)

    def close(self) -> None:
        """Leave the brokers."""
        self._consumer.close()

    def _take(self, record: Any) -> None:
        try:
            event = CONTRACTS.read(record.value)
        except ContractError:
            return
        if isinstance(event.data, Decision):
            published = record.timestamp / _MILLISECONDS
            seconds = published - event.time.timestamp()
            taken = seconds if seconds < _LONGEST_LATENCY else None
            self._metrics.decided(event.data.alert, event.data.model_version, published, taken)

    def _partitions(self, topic: str) -> list[TopicPartition]:
        numbers = self._consumer.partitions_for_topic(topic) or set()
        return [TopicPartition(topic, number) for number in sorted(numbers)]

    def _dead_letters(self) -> int:
        return sum(self._consumer.end_offsets(self._partitions(self._dead)).values())
