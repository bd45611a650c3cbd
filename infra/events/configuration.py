"""How to publish, consume and try again; frozen and checked when made."""

from dataclasses import dataclass

MILLISECONDS = 1000


@dataclass(frozen=True)
class ProducerConfig:
    """Configure a producer; `name` is written into its events' envelopes and logs.

    An event that is not acknowledged after `delivery_seconds` is reported as lost to the caller.
    Events of one partition go together, after `linger_seconds` or when they have `batch_bytes`.
    `transactional_id` makes the producer transactional; it must be one per running instance and
    the same after that instance's restart, so that the restarted one fences what is left of it.
    """

    name: str
    delivery_seconds: float = 30.0
    linger_seconds: float = 0.005
    batch_bytes: int = 128 * 1024
    transactional_id: str | None = None
    transaction_seconds: float = 60.0

    def __post_init__(self) -> None:
        _require(bool(self.name), "name must not be empty")
        _require(self.delivery_seconds > self.linger_seconds >= 0, "delivery_seconds is too short")
        _require(self.batch_bytes >= 1, "batch_bytes must be positive")
        _require(self.transaction_seconds > 0, "transaction_seconds must be positive")


@dataclass(frozen=True)
class ConsumerConfig:
    """Configure a member of a consumer group.

    `instance` makes it a static member: restarted within `session_seconds` under the same name, it
    takes its partitions back at once and nobody else rebalances. A batch, its retries included,
    must be handled within `longest_batch_seconds`, else the group takes the member for dead.
    Progress is committed after each batch, or every `commit_seconds`; partitions that are given up
    and a loop that ends commit at once. What a crash leaves uncommitted is delivered again.
    """

    group: str
    topics: tuple[str, ...]
    batch: int = 500
    poll_seconds: float = 0.5
    session_seconds: float = 10.0
    longest_batch_seconds: float = 300.0
    instance: str | None = None
    commit_seconds: float = 0.0

    def __post_init__(self) -> None:
        _require(self.commit_seconds >= 0, "commit_seconds must not be negative")
        _require(bool(self.group) and bool(self.topics), "group and topics must not be empty")
        _require(self.batch >= 1, "batch must be at least 1")
        _require(0 < self.poll_seconds < self.session_seconds, "poll_seconds is out of bounds")
        _require(
            self.session_seconds < self.longest_batch_seconds,
            "longest_batch_seconds must exceed session_seconds",
        )


@dataclass(frozen=True)
class RetryConfig:
    """Say after how many seconds an event that failed is tried again, for each retry.

    One topic per delay keeps each of them in order of time. An event that failed
    `len(delays) + 1` times goes to the dead letters.
    """

    delays: tuple[float, ...] = (1.0, 10.0, 60.0)

    def __post_init__(self) -> None:
        _require(bool(self.delays), "there must be at least one delay")
        _require(min(self.delays) >= 0, "delays must not be negative")

    @property
    def tries(self) -> int:
        """Return how often an event is tried in all."""
        return len(self.delays) + 1


@dataclass(frozen=True)
class OutageConfig:
    """Say how long to wait when a sink or the brokers are down; each wait doubles the last.

    After `give_up_seconds` without success the loop ends with the error; None never gives up.
    """

    first_wait_seconds: float = 0.25
    longest_wait_seconds: float = 10.0
    give_up_seconds: float | None = None

    def __post_init__(self) -> None:
        _require(
            0 < self.first_wait_seconds <= self.longest_wait_seconds,
            "waits must be positive and the longest no shorter than the first",
        )

    def wait(self, failures: int) -> float:
        """Return the seconds to wait after so many failures in a row, from 1."""
        # A power of two past 2**30 would say nothing but overflow.
        return min(
            self.first_wait_seconds * 2.0 ** min(failures - 1, 30), self.longest_wait_seconds
        )


def _require(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise ValueError(otherwise)
