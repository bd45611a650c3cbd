"""Configure a serving process; every value is checked when it is made."""

from dataclasses import dataclass, field

from limits import parse


@dataclass(frozen=True)
class BatchingConfig:
    """Configure micro-batches: at most `max_items`, begun `max_wait_ms` after their first item."""

    max_items: int = 32
    max_wait_ms: float = 2.0

    def __post_init__(self) -> None:
        _require(self.max_items >= 1, "batching.max_items must be at least 1", self.max_items)
        _require(self.max_wait_ms >= 0, "batching.max_wait_ms must not be negative", self)


@dataclass(frozen=True)
class SheddingConfig:
    """Configure when requests are refused instead of kept waiting.

    `max_queue` bounds the items that wait; `deadline_ms` is how long a caller waits at most. A
    caller may ask for a shorter one in the header X-Deadline-Ms.
    """

    max_queue: int = 256
    deadline_ms: int = 1000

    def __post_init__(self) -> None:
        _require(self.max_queue >= 1, "shedding.max_queue must be at least 1", self.max_queue)
        _require(self.deadline_ms >= 1, "shedding.deadline_ms must be at least 1", self)


@dataclass(frozen=True)
class KeyConfig:
    """Configure how keys are checked.

    `recheck_seconds` is how long a key that was found good is taken to be so: a revoked one works
    no longer than that. `failures` is how many wrong keys one address may try, as a rate.
    """

    recheck_seconds: float = 5.0
    failures: str = "30/minute"

    def __post_init__(self) -> None:
        _require(self.recheck_seconds >= 0, "keys.recheck_seconds must not be negative", self)
        parse(self.failures)


@dataclass(frozen=True)
class ServingConfig:
    """Configure a service; `quota` (such as "600/minute") holds for keys without one of their own.

    `max_items` bounds one request to the batch route, `max_body_bytes` any request.
    `watch_seconds` is how often the source of models is asked for a newer version.
    After SIGTERM the service answers as before for `lame_duck_seconds`, not ready, so that load
    balancers take notice; then it finishes what waits, for `drain_seconds` at most.
    `quota_fails_open` lets requests pass while the store of quotas cannot be reached, which then
    does not count against readiness.
    """

    title: str
    version: str = "1"
    quota: str = "600/minute"
    quota_fails_open: bool = False
    max_items: int = 100
    max_body_bytes: int = 1_000_000
    watch_seconds: float = 5.0
    lame_duck_seconds: float = 0.0
    drain_seconds: float = 10.0
    batching: BatchingConfig = field(default_factory=BatchingConfig)
    shedding: SheddingConfig = field(default_factory=SheddingConfig)
    keys: KeyConfig = field(default_factory=KeyConfig)

    def __post_init__(self) -> None:
        parse(self.quota)
        _require(
            1 <= self.max_items <= self.shedding.max_queue,
            "max_items must be at least 1 and at most shedding.max_queue",
            self.max_items,
        )
        _require(self.max_body_bytes >= 1, "max_body_bytes must be positive", self.max_body_bytes)
        _require(self.watch_seconds > 0, "watch_seconds must be positive", self.watch_seconds)
        _require(
            self.lame_duck_seconds >= 0 and self.drain_seconds > 0,
            "lame_duck_seconds must not be negative, drain_seconds must be positive",
            (self.lame_duck_seconds, self.drain_seconds),
        )


def _require(holds: bool, rule: str, found: object) -> None:
    if not holds:
        raise ValueError(f"{rule}; found {found}")
