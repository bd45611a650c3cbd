"""What the scorer tells of itself, for Prometheus."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from projects.fraud.contracts import Decision

_SCORES = (0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


class ScorerMetrics:
    """Count decisions by their model, and show the figures of the state as it is asked."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry if registry is not None else CollectorRegistry()
        self._decisions = Counter(
            "fraud_decisions",
            "Payments decided",
            ["model_version", "alert"],
            registry=self.registry,
        )
        self._scores = Histogram(
            "fraud_scores", "Calibrated probabilities", buckets=_SCORES, registry=self.registry
        )
        self.labels_too_late = Gauge(
            "fraud_labels_too_late",
            "Labels that came after a payment in which they should have counted",
            registry=self.registry,
        )
        self.swaps = Gauge(
            "fraud_model_swaps", "Models that took another's place", registry=self.registry
        )
        self.failures = Gauge(
            "fraud_model_load_failures", "Models that did not load", registry=self.registry
        )

    def decided(self, decisions: Sequence[Decision]) -> None:
        for one in decisions:
            self._decisions.labels(one.model_version, str(one.alert).lower()).inc()
            self._scores.observe(one.score)
