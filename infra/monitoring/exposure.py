"""Check that what rules and dashboards ask for is really exposed.

Prometheus answers a misspelt metric with nothing: such an alert never fires, and nobody is told.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from infra.monitoring.promql import Selector, selectors

# Labels that Prometheus gives to whatever it scrapes.
_TARGET_LABELS = frozenset({"job", "instance"})
# Series that Prometheus makes itself, with their labels.
OF_PROMETHEUS: Mapping[str, frozenset[str]] = {
    "up": frozenset(),
    "scrape_duration_seconds": frozenset(),
    "scrape_samples_scraped": frozenset(),
    "ALERTS": frozenset({"alertname", "alertstate", "severity", "slo"}),
}
_SUFFIXES = {
    "counter": ("_total", "_created"),
    "histogram": ("_bucket", "_sum", "_count"),
    "summary": ("", "_sum", "_count"),
}


@dataclass(frozen=True)
class Exposed:
    """Hold what a service exposes: metrics, their labels, and the values of labels.

    A metric whose series appear only with the first event has its name here and nothing else.
    """

    metrics: frozenset[str]
    labels: Mapping[str, frozenset[str]]
    values: Mapping[tuple[str, str], frozenset[str]]


@dataclass(frozen=True)
class Missing:
    """Say where something is asked for that nobody exposes."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def exposed_by(source: CollectorRegistry | str) -> Exposed:
    """Read what a registry, or the text that /metrics answered, exposes."""
    text = source if isinstance(source, str) else generate_latest(source).decode()
    metrics: set[str] = set()
    labels: dict[str, set[str]] = {}
    values: dict[tuple[str, str], set[str]] = {}
    for family in text_string_to_metric_families(text):
        metrics |= {family.name + suffix for suffix in _SUFFIXES.get(family.type, ("",))}
        for sample in family.samples:
            metrics.add(sample.name)
            labels.setdefault(sample.name, set()).update(sample.labels)
            for label, value in sample.labels.items():
                values.setdefault((sample.name, label), set()).add(value)
    return Exposed(
        frozenset(metrics),
        {name: frozenset(found) for name, found in labels.items()},
        {place: frozenset(found) for place, found in values.items()},
    )


def missing(
    expressions: Mapping[str, str],
    sources: Iterable[CollectorRegistry | str],
    recorded: Mapping[str, frozenset[str]] | None = None,
) -> list[Missing]:
    """Return what the expressions (by where they stand) ask for and no source exposes.

    Names of metrics are always checked; names of labels and the bounds of buckets where the
    source has a series that shows them, so let it answer a request before. `recorded` are the
    names that rules record.
    """
    exposed = [exposed_by(source) for source in sources]
    made = {**OF_PROMETHEUS, **(recorded or {})}
    found: list[Missing] = []
    for where, expression in expressions.items():
        for selector in selectors(expression):
            if selector.metric in made:
                continue
            said = _missing(selector, exposed)
            if said:
                found.append(Missing(where, said))
    return found


def _missing(selector: Selector, exposed: list[Exposed]) -> str:
    having = [one for one in exposed if selector.metric in one.metrics]
    if not having:
        return f"nobody exposes {selector.metric}"
    showing = [one for one in having if selector.metric in one.labels]
    if not showing:
        return ""
    known = frozenset().union(*(one.labels[selector.metric] for one in showing)) | _TARGET_LABELS
    strange = selector.labels - known
    if strange:
        return f"{selector.metric} has no label {', '.join(sorted(strange))}"
    for label, value in selector.equal:
        bounds = {v for one in showing for v in one.values.get((selector.metric, label), ())}
        if label == "le" and value not in bounds:
            return f"{selector.metric} has no bucket that ends at {value}"
    return ""
