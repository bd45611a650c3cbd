"""Count what analysts do, and show what waits for them; asked of the tables at every scrape."""

import time

import sqlalchemy as sa
from prometheus_client import CollectorRegistry, Counter, Gauge

from projects.fraud.investigation.case_reader import CaseReader

_STATE = """
select
    (select extract(epoch from max(decided_at)) from {schema}.decisions) as decided,
    (select count(*) from {schema}.label_outbox where published_at is null) as waiting,
    (select extract(epoch from now() - min(written_at))
        from {schema}.label_outbox where published_at is null) as oldest
"""
# Scrapes by several Prometheus servers must not each ask the tables.
_SECONDS_IT_HOLDS = 5.0


class InvestigationMetrics:
    """Hold the metrics of one desk; `infra.serving.metrics` counts its requests."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.verdicts = Counter(
            "investigation_verdicts", "Payments marked.", ("verdict",), registry=registry
        )
        for verdict in ("fraud", "genuine"):
            self.verdicts.labels(verdict)
        self.conflicts = Counter(
            "investigation_conflicts", "Verdicts that met another one.", registry=registry
        )
        self._open = Gauge("investigation_open_cases", "Cases that wait.", registry=registry)
        self._newest = Gauge(
            "investigation_newest_decision_timestamp_seconds",
            "When the scorer last decided, as the table has it; 0 before the first.",
            registry=registry,
        )
        self._waiting = Gauge(
            "investigation_labels_waiting", "Labels that were not sent yet.", registry=registry
        )
        self._oldest = Gauge(
            "investigation_oldest_label_seconds",
            "For how long the oldest label waits to be sent; 0 where none does.",
            registry=registry,
        )
        self._read_until = 0.0

    def read(self, engine: sa.Engine, reader: CaseReader, schema: str) -> None:
        """Ask the tables, unless that was done just now; raise sqlalchemy's errors."""
        if time.monotonic() < self._read_until:
            return
        with engine.connect() as session:
            state = session.execute(sa.text(_STATE.format(schema=schema))).mappings().one()
        self._open.set(reader.count())
        self._newest.set(float(state["decided"] or 0))
        self._waiting.set(state["waiting"])
        self._oldest.set(float(state["oldest"] or 0))
        self._read_until = time.monotonic() + _SECONDS_IT_HOLDS
