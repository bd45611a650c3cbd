"""Show what comes out of the scorer, under the names that objectives and dashboard ask for."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

# The bounds that objectives are set at (0.05, 0.15 s) must be among these.
LATENCY_BUCKETS = (
    *(0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0),
)


class DecisionMetrics:
    """Hold the metrics of what was published, as `DecisionWatcher` reads it off the log."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._answered = Counter(
            "fraud_payments_answered", "Payments decided or put aside.", registry=registry
        )
        self._undecided = Counter(
            "fraud_payments_undecided",
            "Payments that went to the dead letters without a decision.",
            registry=registry,
        )
        self._published = Counter(
            "fraud_published_decisions", "Decisions published.", ("alert",), registry=registry
        )
        self._seconds = Histogram(
            "fraud_decision_seconds",
            "From a payment's scheduled arrival to its published decision.",
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self._replayed = Counter(
            "fraud_decisions_replayed",
            "Decisions on payments of long ago, which have no latency.",
            registry=registry,
        )
        self._newest = Gauge(
            "fraud_newest_decision_timestamp_seconds",
            "When the last decision was published; at first, when the watching began.",
            registry=registry,
        )
        self._waiting = Gauge(
            "fraud_payments_waiting", "Payments that the scorer is behind.", registry=registry
        )
        self._model = Gauge(
            "fraud_deciding_model",
            "1 for the version of the newest decision, 0 for those before it.",
            ("version",),
            registry=registry,
        )
        self._version: str | None = None
        for alert in ("yes", "no"):
            self._published.labels(alert)

    def began(self, at: float) -> None:
        """Say since when decisions are watched, in seconds since 1970."""
        self._newest.set(at)

    def decided(self, alert: bool, version: str, published: float, seconds: float | None) -> None:
        """Take note of a decision published at a time in seconds since 1970.

        `seconds` passed since its payment was due to arrive, None for a replay of the past.
        """
        self._answered.inc()
        self._published.labels("yes" if alert else "no").inc()
        if seconds is None:
            self._replayed.inc()
        else:
            self._seconds.observe(max(0.0, seconds))
        self._newest.set(published)
        if version != self._version:
            if self._version is not None:
                self._model.labels(self._version).set(0)
            self._model.labels(version).set(1)
            self._version = version

    def undecided(self, payments: int) -> None:
        """Take note of payments that were put aside without a decision."""
        self._answered.inc(payments)
        self._undecided.inc(payments)

    def waiting(self, payments: int) -> None:
        """Say how many payments lie in the log without a decision."""
        self._waiting.set(payments)
