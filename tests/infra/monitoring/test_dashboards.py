"""Dashboards: Grafana's JSON, and a page from what Prometheus answered."""

import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import httpx
import numpy as np
import pytest

from infra.monitoring.dashboards.drawing import draw, in_words
from infra.monitoring.dashboards.grafana import grafana_json
from infra.monitoring.dashboards.model import Dashboard, Kind, Panel, Query, Row, Unit
from infra.monitoring.dashboards.page import dashboard_page
from infra.monitoring.dashboards.prometheus_query import (
    PrometheusClient,
    PrometheusError,
    Series,
    Span,
)
from infra.monitoring.dashboards.service import service_dashboard
from infra.monitoring.render import seconds_of
from infra.monitoring.service_rules import ServiceTerms
from infra.settings import Prometheus

SPAN = Span.last(timedelta(hours=1), datetime(2026, 3, 1, 12, tzinfo=UTC))
DASHBOARD = service_dashboard(ServiceTerms())


def answering(answers: dict[str, Any]) -> PrometheusClient:
    """Return a client whose Prometheus says to each expression what is given, else nothing.

    The contract suite asks a real one; here it is about what becomes of an answer.
    """

    def answer(request: httpx.Request) -> httpx.Response:
        found = answers.get(request.url.params.get("query", ""), [])
        if isinstance(found, str):
            return httpx.Response(400, json={"status": "error", "error": found})
        content = {"status": "success", "data": {"resultType": "matrix", "result": found}}
        return httpx.Response(200, json=content)

    return PrometheusClient(
        Prometheus(url="http://prometheus.test/"),
        httpx.Client(transport=httpx.MockTransport(answer)),
    )


def line(values: list[str], **labels: str) -> dict[str, Any]:
    begin = SPAN.begin.timestamp()
    return {"metric": labels, "values": [[begin + 12 * n, v] for n, v in enumerate(values)]}


def test_grafana_gets_every_query_once_and_no_panel_covers_another() -> None:
    content = json.loads(grafana_json(DASHBOARD))
    assert content["uid"] == "course-service" and content["schemaVersion"] == 39
    panels = content["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    asked = [t["expr"] for p in panels for t in p.get("targets", [])]
    assert asked == list(DASHBOARD.expressions().values())
    cells = [
        (x, y)
        for p in panels
        for x in range(p["gridPos"]["x"], p["gridPos"]["x"] + p["gridPos"]["w"])
        for y in range(p["gridPos"]["y"], p["gridPos"]["y"] + p["gridPos"]["h"])
    ]
    assert len(set(cells)) == len(cells) and max(x for x, _ in cells) < 24
    names = {variable["name"] for variable in content["templating"]["list"]}
    assert set(re.findall(r"\$\{?(\w+)\}?", grafana_json(DASHBOARD))) <= names


def test_the_page_shows_lines_newest_values_refusals_and_silence() -> None:
    panels = (
        Panel("Traffic", (Query("a", "{{status}} of $x"),), "About <it>.", Unit.PER_SECOND),
        Panel("Newest", (Query("b", "{{name}}"),), "", Unit.SHARE, Kind.NEWEST, 1.0),
        Panel("Refused", (Query("c", ""),), ""),
        Panel("Silent", (Query('d{job="$job"}', ""),), ""),
    )
    dashboard = Dashboard("u", "A & B", "All.", (Row("One", panels),))
    client = answering(
        {
            "a": [line(["1", "NaN", "3"], status="<b>500"), line(["2", "2", "+Inf"], status="200")],
            "b": [line(["0.5", "1.25"], name="late")],
            "c": "parse error: <unexpected>",
            'd{job="parcels"}': [],
        }
    )
    page = dashboard_page(dashboard, client, SPAN, {"job": "parcels"})
    assert "A &amp; B" in page and "About &lt;it&gt;." in page
    assert "&lt;b&gt;500 of $x" in page and "<b>500" not in page
    assert re.search(r'<dt>late</dt><dd class="past">125 % \(past the bound\)</dd>', page)
    assert "Prometheus says: c: parse error: &lt;unexpected&gt;" in page
    assert page.count("No data in this time.") == 1
    assert page.count("<svg") == 1


class _Addresses(HTMLParser):
    """Gather whatever would make a browser ask for something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        asking = {"src", "href", "xlink:href", "action", "data", "srcset", "poster"}
        self.found += [str(value) for name, value in attrs if name in asking]
        if tag in ("script", "link", "iframe", "object", "embed", "image", "img"):
            self.found.append(tag)


def test_the_page_asks_nothing_of_anybody() -> None:
    answers = {
        expr.replace("$job", "parcels"): [line(["1", "2", "3"], status="200", version="1")]
        for expr in DASHBOARD.expressions().values()
    }
    page = dashboard_page(DASHBOARD, answering(answers), SPAN, {"job": "parcels"})
    assert page.count("<svg") >= 5
    addresses = _Addresses()
    addresses.feed(page)
    assert all(address.startswith("#") for address in addresses.found), addresses.found
    assert not re.findall(r"url\((?!#)", page) and "@import" not in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(set(ids)) == len(ids) > 0
    targets = set(re.findall(r"(?:xlink:href=\"|url\()#([^\")]+)", page))
    assert targets <= set(ids)


def test_a_drawing_is_the_same_twice_and_its_text_can_be_searched() -> None:
    grid = np.arange(SPAN.begin.timestamp(), SPAN.end.timestamp(), SPAN.step)
    series = [Series(f"p{q}", grid, np.sin(grid / 500) + 2) for q in (50, 95)]
    panel = Panel("Latency", (Query("x", ""),), "", Unit.SECONDS, bound=2.5)
    first, second = (draw(panel, series, SPAN, "p1") for _ in range(2))
    assert first == second
    texts = [e.text for e in ElementTree.fromstring(first).iter() if e.tag.endswith("text")]
    assert {"p50", "p95", "11:30"} <= set(texts)
    assert any(text and text.endswith(" s") for text in texts)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.0123, Unit.SECONDS, "12.3 ms"),
        (2.5, Unit.SECONDS, "2.5 s"),
        (0.5, Unit.SHARE, "50 %"),
        (1000.0, Unit.SHARE, "100,000 %"),
        (12.0, Unit.PER_SECOND, "12/s"),
        (1234.0, Unit.NONE, "1234"),
        (float("nan"), Unit.NONE, "-"),
    ],
)
def test_values_are_shown_with_their_units(value: float, unit: Unit, words: str) -> None:
    assert in_words(value, unit) == words


def test_an_absent_prometheus_is_told_by_its_address() -> None:
    client = PrometheusClient(Prometheus(url="http://127.0.0.1:1"), httpx.Client())
    with pytest.raises(PrometheusError, match=r"http://127\.0\.0\.1:1 does not answer"):
        client.names()


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("6h", 21600), ("3d", 259200)]
)
def test_times_are_read(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds
    with pytest.raises(ValueError, match="written as"):
        seconds_of(text + " ago")


def test_what_cannot_be_shown_is_refused() -> None:
    panel = Panel("P", (Query("x", ""),), "")
    with pytest.raises(ValueError, match="1 to 26 queries"):
        Panel("P", (), "")
    with pytest.raises(ValueError, match="1 to 4 panels"):
        Row("R", (panel,) * 5)
