"""Count what the scorer decides, under the names that objectives and dashboard ask for."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

# The bounds that objectives are set at (0.05, 0.15 s) must be among these.
LATENCY_BUCKETS = (
    *(0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0),
)
_SCORE_BUCKETS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


class DecisionMetrics:
    """Hold the metrics of one scorer; two in a process need a registry each."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self._payments = Counter(
            "fraud_payments", "Payments taken, decided or not.", registry=registry
        )
        self._undecided = Counter(
            "fraud_payments_undecided",
            "Payments that went to the dead letters without a decision.",
            registry=registry,
        )
        self._decisions = Counter(
            "fraud_decisions", "Decisions made.", ("alert",), registry=registry
        )
        self._seconds = Histogram(
            "fraud_decision_seconds",
            "From a payment's scheduled arrival to its decision, which waiting cannot hide.",
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self._scores = Histogram(
            "fraud_score", "Scores given.", buckets=_SCORE_BUCKETS, registry=registry
        )
        self._newest = Gauge(
            "fraud_newest_decision_timestamp_seconds",
            "When the last decision was made.",
            registry=registry,
        )
        self._waiting = Gauge(
            "fraud_payments_waiting", "Payments in the log without a decision.", registry=registry
        )
        self._model = Gauge(
            "fraud_model_live",
            "1 for the version that decides, 0 for those that did.",
            ("version",),
            registry=registry,
        )
        self._version: str | None = None
        for alert in ("yes", "no"):
            self._decisions.labels(alert)

    def decided(self, score: float, alert: bool, seconds: float) -> None:
        """Take note of a decision, made `seconds` after its payment was due to arrive."""
        self._payments.inc()
        self._decisions.labels("yes" if alert else "no").inc()
        self._seconds.observe(max(0.0, seconds))
        self._scores.observe(score)
        self._newest.set_to_current_time()

    def undecided(self, payments: int = 1) -> None:
        """Take note of payments that were put aside without a decision."""
        self._payments.inc(payments)
        self._undecided.inc(payments)

    def waiting(self, payments: int) -> None:
        """Say how many payments lie in the log without a decision."""
        self._waiting.set(payments)

    def live(self, version: str) -> None:
        """Say which version decides from now on."""
        if self._version is not None:
            self._model.labels(self._version).set(0)
        self._model.labels(version).set(1)
        self._version = version
