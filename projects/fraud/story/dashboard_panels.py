"""Compute the dashboard's main panels from sampled metrics, as Prometheus does from scraped ones.

The metrics are those that the dashboard's own queries name. Prometheus is asked for rates over
minutes, of which a story has one: here they are over `WINDOW_SECONDS`.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from infra.monitoring.dashboards.model import Panel, Query
from projects.fraud.operating.dashboard import fraud_dashboard
from projects.fraud.operating.objectives import FraudTerms
from projects.fraud.story.watching import Sample

WINDOW_SECONDS = 10.0
_NAME = re.compile(r"fraud_\w+")
_QUANTILE = re.compile(r"histogram_quantile\(([\d.]+),")
_NOTHING = math.nan


@dataclass(frozen=True)
class Filled:
    """Hold a panel of the dashboard with the values of its queries, by legend, at `seconds`.

    A value is NaN where the query has no answer.
    """

    panel: Panel
    seconds: tuple[float, ...]
    lines: Mapping[str, tuple[float, ...]]


def filled_panels(samples: Sequence[Sample]) -> tuple[Filled, ...]:
    """Return the panels that speak of the stream, at the times of all samples but the first."""
    panels = {
        panel.title: panel for row in fraud_dashboard(FraudTerms()).rows for panel in row.panels
    }
    seconds = tuple(one.at - samples[0].at for one in samples[1:])
    return tuple(
        Filled(panels[title], seconds, fill(panels[title].queries, samples))
        for title, fill in _FILL.items()
    )


def as_figures(samples: Sequence[Sample]) -> dict[str, Any]:
    """Return what the panels come to over all of the samples."""
    first, last = samples[0], samples[-1]
    panels = {one.panel.title: one for one in filled_panels(samples)}
    (share,) = panels["Alert share"].lines.values()
    queries = panels["Latency"].panel.queries
    return {
        "samples": len(samples),
        "decided": _increase(first, last, _name(panels["Payments"].panel.queries[0])),
        "not_decided": _increase(first, last, _name(panels["Payments"].panel.queries[1])),
        "latency_seconds": {one.legend: _known(_quantile(one, first, last)) for one in queries},
        "alert_share": _known(share[-1]),
        "most_waiting": max(next(iter(panels["Waiting"].lines.values()))),
        "deciding": list(panels["Model live"].lines),
    }


def histogram_quantile(quantile: float, buckets: Mapping[float, float]) -> float:
    """Return a quantile from cumulative counts by upper bound, as PromQL's function of that name.

    Within a bucket values are taken to lie evenly; beyond the last finite bound nothing is known,
    so that bound is the answer. It is NaN where nothing was counted.
    """
    bounds = sorted(buckets)
    rank = quantile * buckets[bounds[-1]]
    if not buckets[bounds[-1]]:
        return _NOTHING
    at = next(number for number, bound in enumerate(bounds) if buckets[bound] >= rank)
    if math.isinf(bounds[at]):
        return bounds[at - 1]
    low, below = (bounds[at - 1], buckets[bounds[at - 1]]) if at else (0.0, 0.0)
    return low + (bounds[at] - low) * (rank - below) / (buckets[bounds[at]] - below)


def _latency(queries: Sequence[Query], samples: Sequence[Sample]) -> dict[str, tuple[float, ...]]:
    return {
        one.legend: tuple(_quantile(one, begin, end) for begin, end in _windows(samples))
        for one in queries
    }


def _payments(queries: Sequence[Query], samples: Sequence[Sample]) -> dict[str, tuple[float, ...]]:
    return {
        one.legend: tuple(
            _increase(begin, end, _name(one)) / (end.at - begin.at)
            for begin, end in _windows(samples)
        )
        for one in queries
    }


def _waiting(queries: Sequence[Query], samples: Sequence[Sample]) -> dict[str, tuple[float, ...]]:
    waiting, since = queries
    return {
        waiting.legend: tuple(one.total(_name(waiting)) for one in samples[1:]),
        since.legend: tuple(one.at - one.total(_name(since)) for one in samples[1:]),
    }


def _alert_share(
    queries: Sequence[Query], samples: Sequence[Sample]
) -> dict[str, tuple[float, ...]]:
    (one,) = queries
    # The dashboard asks for the last hour, in which all of a story's stream lies.
    found = []
    for end in samples[1:]:
        alerts = _increase(samples[0], end, _name(one), alert="yes")
        decided = _increase(samples[0], end, _name(one))
        found.append(alerts / decided if decided else _NOTHING)
    return {one.legend: tuple(found)}


def _deciding(queries: Sequence[Query], samples: Sequence[Sample]) -> dict[str, tuple[float, ...]]:
    (one,) = queries
    series = [end.values[_name(one)] for end in samples[1:]]
    versions = dict.fromkeys(dict(labels)["version"] for at in series for labels in at)
    return {
        one.legend.replace("{{version}}", version): tuple(
            1.0 if at.get((("version", version),)) == 1 else _NOTHING for at in series
        )
        for version in versions
    }


_FILL: dict[str, Callable[[Sequence[Query], Sequence[Sample]], dict[str, tuple[float, ...]]]] = {
    "Latency": _latency,
    "Payments": _payments,
    "Waiting": _waiting,
    "Alert share": _alert_share,
    "Model live": _deciding,
}


def _windows(samples: Sequence[Sample]) -> list[tuple[Sample, Sample]]:
    """Return for each sample but the first the oldest one in its window, and itself."""
    return [
        (
            next(one for one in samples[:-1] if one.at >= min(end.at - WINDOW_SECONDS, before.at)),
            end,
        )
        for before, end in pairwise(samples)
    ]


def _increase(begin: Sample, end: Sample, name: str, **labels: str) -> float:
    return end.total(name, **labels) - begin.total(name, **labels)


def _quantile(query: Query, begin: Sample, end: Sample) -> float:
    name, found = _name(query), _QUANTILE.search(query.expr)
    if found is None:
        raise ValueError(f"{query.legend} is no quantile of a histogram: {query.expr}")
    bounds = {dict(labels)["le"] for labels in end.values[name]}
    buckets = {float(bound): _increase(begin, end, name, le=bound) for bound in bounds}
    return histogram_quantile(float(found[1]), buckets)


def _known(value: float) -> float | None:
    """Return None for NaN, which JSON does not know."""
    return None if math.isnan(value) else value


def _name(query: Query) -> str:
    found = _NAME.search(query.expr)
    if found is None:
        raise ValueError(f"{query.legend} names no metric of fraud detection: {query.expr}")
    return found[0]
