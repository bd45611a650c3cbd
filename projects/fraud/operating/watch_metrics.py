"""Show Prometheus what the drift watch found, each of the three watches for itself."""

import math

from prometheus_client import CollectorRegistry, Gauge

from infra.monitoring.drift.detector import Verdict
from projects.fraud.operating.canary import CanaryVerdict
from projects.fraud.operating.drift_watch import WatchReport

_LABELS = ("watch", "feature", "test")


class WatchMetrics:
    """Hold the metrics of one drift watch."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._alarm = Gauge(
            "fraud_drift_alarm",
            "1 while the newest day that was judged has drifted.",
            ("watch",),
            registry=registry,
        )
        self._confirmed = Gauge(
            "fraud_drift_confirmed",
            "1 while enough of the last days have drifted.",
            ("watch",),
            registry=registry,
        )
        self._effect = Gauge(
            "fraud_drift_effect",
            "Size of the difference, in units of the test.",
            _LABELS,
            registry=registry,
        )
        self._payments = Gauge(
            "fraud_drift_payments", "Payments of the newest day.", registry=registry
        )
        self._due = Gauge(
            "fraud_retraining_due", "1 while one is due and not started.", registry=registry
        )
        self._judged_at = Gauge(
            "fraud_drift_judged_timestamp_seconds", "When a day was last judged.", registry=registry
        )
        self._held = Gauge(
            "fraud_challenger_held_back",
            "1 while a challenger passed the gate and the canary kept the champion.",
            ("verdict",),
            registry=registry,
        )

    def challenger(self, held: CanaryVerdict | None) -> None:
        """Take note of the verdict that holds the newest challenger back, None for none."""
        for verdict in (CanaryVerdict.STOP, CanaryVerdict.WAIT):
            self._held.labels(verdict.value).set(verdict is held)

    def record(self, report: WatchReport, confirmed: frozenset[str], due: bool) -> None:
        """Take note of a day; a watch that had too few rows keeps what it said before."""
        self._payments.set(report.payments)
        self._due.set(due)
        for watch, found in report.reports.items():
            self._confirmed.labels(watch).set(watch in confirmed)
            if found.verdict is Verdict.TOO_FEW_ROWS:
                continue
            self._alarm.labels(watch).set(found.verdict is Verdict.DRIFTED)
            for one in found.results:
                effect = one.effect if math.isfinite(one.effect) else 1e9
                self._effect.labels(watch, one.feature, one.test).set(effect)
            self._judged_at.set_to_current_time()
