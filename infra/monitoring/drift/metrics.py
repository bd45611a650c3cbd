"""Show Prometheus what a detector found, so that rules can fire on it."""

import math

from prometheus_client import CollectorRegistry, Counter, Gauge

from infra.monitoring.drift.detector import DriftReport, Verdict

_LABELS = ("feature", "test")


class DriftMetrics:
    """Hold the metrics of one detector."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._windows = Counter(
            "drift_windows", "Windows looked at, by verdict.", ("verdict",), registry=registry
        )
        self._alarm = Gauge(
            "drift_alarm",
            "1 while the newest window that was judged has drifted in this feature.",
            _LABELS,
            registry=registry,
        )
        self._effect = Gauge(
            "drift_effect",
            "Size of the difference, in units of the test.",
            _LABELS,
            registry=registry,
        )
        self._adjusted_p = Gauge(
            "drift_adjusted_p",
            "Probability of as much evidence in any test of a window without drift.",
            _LABELS,
            registry=registry,
        )
        self._judged_at = Gauge(
            "drift_judged_timestamp_seconds",
            "When a window was last judged; a detector that stands still shows here.",
            registry=registry,
        )

    def record(self, report: DriftReport) -> None:
        """Take note of a report; one of too few rows changes nothing but its count."""
        self._windows.labels(report.verdict.value).inc()
        if report.verdict is Verdict.TOO_FEW_ROWS:
            return
        for one in report.results:
            labels = (one.feature, one.test)
            self._alarm.labels(*labels).set(1 if one.drifted else 0)
            self._effect.labels(*labels).set(one.effect if math.isfinite(one.effect) else 1e9)
            self._adjusted_p.labels(*labels).set(one.adjusted_p)
        self._judged_at.set_to_current_time()
