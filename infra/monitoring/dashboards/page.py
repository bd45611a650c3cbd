"""Show a dashboard as one HTML page, for those without Grafana."""

from collections.abc import Mapping, Sequence

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from infra.monitoring.dashboards.drawing import draw, in_words
from infra.monitoring.dashboards.model import Dashboard, Kind, Panel
from infra.monitoring.dashboards.prometheus_query import (
    PrometheusClient,
    PrometheusError,
    Series,
    Span,
)


def dashboard_page(
    dashboard: Dashboard, client: PrometheusClient, span: Span, variables: Mapping[str, str]
) -> str:
    """Return the page, which asks nothing of any other host.

    `variables` sets what expressions have as $name, such as the job. A panel that Prometheus
    refuses says so in its place; one without data says that.
    """
    rows = []
    number = 0
    for row in dashboard.rows:
        panels = []
        for panel in row.panels:
            number += 1
            panels.append({"panel": panel, **_shown(panel, client, span, variables, number)})
        rows.append({"title": row.title, "panels": panels})
    pages = Environment(
        loader=PackageLoader("infra.monitoring.dashboards"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return pages.get_template("page.html.j2").render(
        dashboard=dashboard, rows=rows, span=span, variables=variables
    )


def _shown(
    panel: Panel, client: PrometheusClient, span: Span, variables: Mapping[str, str], number: int
) -> dict[str, object]:
    try:
        found = [one for q in panel.queries for one in client.series(q, span, variables)]
    except PrometheusError as error:
        return {"drawing": "", "newest": [], "note": f"Prometheus says: {error}"}
    if not any(np.isfinite(one.values).any() for one in found):
        return {"drawing": "", "newest": [], "note": "No data in this time."}
    if panel.kind is Kind.NEWEST:
        return {"drawing": "", "newest": _newest(panel, found), "note": ""}
    # Made by matplotlib, which escapes what it is given.
    return {"drawing": Markup(draw(panel, found, span, f"p{number}")), "newest": [], "note": ""}


def _newest(panel: Panel, found: Sequence[Series]) -> list[tuple[str, str, bool]]:
    """Return each series' name, its newest value in words, and whether it is past the bound."""
    newest = []
    for one in sorted(found, key=lambda one: one.name):
        there = one.values[np.isfinite(one.values)]
        if len(there):
            past = panel.bound is not None and bool(there[-1] >= panel.bound)
            newest.append((one.name, in_words(float(there[-1]), panel.unit), past))
    return newest
