"""What a group did, counted for Prometheus."""

from collections.abc import Iterable

from kafka.structs import TopicPartition
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_BATCH_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class EventMetrics:
    """Hold one group's counters in a registry; two groups of one process need two registries."""

    def __init__(self, group: str, registry: CollectorRegistry | None = None) -> None:
        registry = registry if registry is not None else CollectorRegistry()
        self._group = group
        self._handled = Counter(
            "events_handled",
            "Events handled, redeliveries included",
            ["group", "topic"],
            registry=registry,
        )
        self._failed = Counter(
            "events_failed",
            "Failed attempts, by where the event went: retry or dead",
            ["group", "topic", "to"],
            registry=registry,
        )
        self._outages = Counter(
            "events_outages",
            "Batches put off because a sink or a broker was down",
            ["group"],
            registry=registry,
        )
        self._commits_failed = Counter(
            "events_commits_failed",
            "Commits refused because the group had moved on; what they covered is redelivered",
            ["group"],
            registry=registry,
        )
        self._rebalances = Counter(
            "events_rebalances", "Assignments of partitions", ["group"], registry=registry
        )
        self._lag = Gauge(
            "events_lag",
            "Records of a partition that are not handled yet",
            ["group", "topic", "partition"],
            registry=registry,
        )
        self._seconds = Histogram(
            "events_batch_seconds",
            "Time to handle, deliver and commit a batch",
            ["group"],
            buckets=_BATCH_SECONDS,
            registry=registry,
        )

    def handled(self, topic: str, count: int) -> None:
        self._handled.labels(self._group, topic).inc(count)

    def failed(self, topic: str, to: str) -> None:
        self._failed.labels(self._group, topic, to).inc()

    def outage(self) -> None:
        self._outages.labels(self._group).inc()

    def commit_failed(self) -> None:
        self._commits_failed.labels(self._group).inc()

    def assigned(self) -> None:
        self._rebalances.labels(self._group).inc()

    def batch(self, seconds: float) -> None:
        self._seconds.labels(self._group).observe(seconds)

    def lag(self, partition: TopicPartition, records: int) -> None:
        self._lag.labels(self._group, partition.topic, str(partition.partition)).set(records)

    def forget(self, partitions: Iterable[TopicPartition]) -> None:
        """Drop the lag of partitions that another member has now, else both would tell it."""
        known = {labels for labels, _ in _children(self._lag)}
        for one in partitions:
            labels = (self._group, one.topic, str(one.partition))
            if labels in known:
                self._lag.remove(*labels)


def _children(gauge: Gauge) -> list[tuple[tuple[str, ...], float]]:
    [family] = gauge.collect()
    names = ("group", "topic", "partition")
    return [(tuple(one.labels[name] for name in names), one.value) for one in family.samples]
