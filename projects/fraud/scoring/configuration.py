"""Configure the scorers; every value is checked when it is made."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from infra.events.configuration import ConsumerConfig, OutageConfig, RetryConfig
from projects.fraud.contracts import DECISIONS_TOPIC, LABELS_TOPIC, PAYMENTS_TOPIC
from projects.fraud.windows.online import OnlineConfig

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
# The first batch waits until the state is rebuilt, at worst from a long log.
_LONGEST_REBUILD_SECONDS = 1800.0


@dataclass(frozen=True)
class ScorerConfig:
    """Configure the stream scorer.

    Payments are polled in micro-batches of at most `batch`. Progress is committed every
    `commit_seconds`; what a crash leaves uncommitted is read again and recognised. `instance` makes
    a static member, which is back at once after a restart. `snapshots` is a folder that all members
    see; without one a start reads the whole log.
    """

    group: str = "fraud-scorer"
    payments: str = PAYMENTS_TOPIC
    labels: str = LABELS_TOPIC
    decisions: str = DECISIONS_TOPIC
    partitions: int = 2
    instance: str | None = None
    snapshots: Path | None = None
    batch: int = 200
    poll_seconds: float = 0.25
    session_seconds: float = 10.0
    commit_seconds: float = 0.5
    reasons: int = 3
    online: OnlineConfig = field(default_factory=OnlineConfig)
    # Nothing here fails for a moment only, so one more try tells the broken from the unlucky.
    retry: RetryConfig = field(default_factory=lambda: RetryConfig(delays=(1.0,)))
    outage: OutageConfig = field(default_factory=OutageConfig)

    def __post_init__(self) -> None:
        if self.partitions < 1 or self.reasons < 0:
            raise ValueError(f"partitions must be positive, reasons not negative: {self}")

    @property
    def consumer(self) -> ConsumerConfig:
        """Return how the group's members read payments."""
        return ConsumerConfig(
            group=self.group,
            topics=(self.payments,),
            batch=self.batch,
            poll_seconds=self.poll_seconds,
            session_seconds=self.session_seconds,
            instance=self.instance,
            commit_seconds=self.commit_seconds,
            longest_batch_seconds=_LONGEST_REBUILD_SECONDS,
        )


@dataclass(frozen=True)
class StoreConfig:
    """Configure the consumer that carries decisions into the table of `schema`."""

    group: str = "fraud-decision-store"
    decisions: str = DECISIONS_TOPIC
    schema: str = "fraud"
    batch: int = 500
    instance: str | None = None
    retry: RetryConfig = field(default_factory=lambda: RetryConfig(delays=(1.0,)))
    outage: OutageConfig = field(default_factory=OutageConfig)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.schema):
            raise ValueError(f"schema must be of a-z, 0-9 and _, is {self.schema!r}")

    @property
    def consumer(self) -> ConsumerConfig:
        """Return how the group's members read decisions."""
        return ConsumerConfig(
            group=self.group,
            topics=(self.decisions,),
            batch=self.batch,
            instance=self.instance,
        )
