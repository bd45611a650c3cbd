"""Render a dashboard as the JSON that Grafana (11 and newer) provisions."""

import json
from itertools import count
from string import ascii_uppercase
from typing import Any

from infra.monitoring.dashboards.model import Dashboard, Kind, Panel, Row

_SCHEMA_VERSION = 39
_WIDTH, _HEIGHT = 24, 8
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def grafana_json(dashboard: Dashboard) -> str:
    """Return the JSON; the data source and the job are chosen on the page."""
    ids = count(1)
    panels: list[dict[str, Any]] = []
    top = 0
    for row in dashboard.rows:
        panels.append(_heading(row, next(ids), top))
        width = _WIDTH // len(row.panels)
        for place, panel in enumerate(row.panels):
            position = {"h": _HEIGHT, "w": width, "x": place * width, "y": top + 1}
            panels.append(_panel(panel, next(ids), position))
        top += 1 + _HEIGHT
    content = {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": ["course"],
        "schemaVersion": _SCHEMA_VERSION,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "utc",
        "templating": {"list": [_choice_of_source(), _choice_of_job()]},
        "annotations": {"list": [_alerts()]},
        "panels": panels,
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _heading(row: Row, number: int, top: int) -> dict[str, Any]:
    return {
        "id": number,
        "type": "row",
        "title": row.title,
        "collapsed": False,
        "gridPos": {"h": 1, "w": _WIDTH, "x": 0, "y": top},
        "panels": [],
    }


def _panel(panel: Panel, number: int, position: dict[str, int]) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.bound is not None:
        steps.append({"color": "red", "value": panel.bound})
    defaults: dict[str, Any] = {
        "unit": panel.unit.value,
        "min": 0,
        "thresholds": {"mode": "absolute", "steps": steps},
    }
    if panel.kind is Kind.LINES:
        style = "line" if panel.bound is not None else "off"
        defaults["custom"] = {"thresholdsStyle": {"mode": style}, "fillOpacity": 8}
        options: dict[str, Any] = {
            "legend": {"displayMode": "list", "placement": "bottom", "calcs": ["lastNotNull"]},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
    else:
        options = {"reduceOptions": {"calcs": ["lastNotNull"]}, "textMode": "value_and_name"}
    return {
        "id": number,
        "type": panel.kind.value,
        "title": panel.title,
        "description": panel.description,
        "datasource": _SOURCE,
        "gridPos": position,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": options,
        "targets": [
            {
                "refId": ascii_uppercase[place],
                "datasource": _SOURCE,
                "expr": query.expr,
                "legendFormat": query.legend,
                "instant": panel.kind is Kind.NEWEST,
                "range": panel.kind is Kind.LINES,
            }
            for place, query in enumerate(panel.queries)
        ],
    }


def _choice_of_source() -> dict[str, Any]:
    return {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
    }


def _choice_of_job() -> dict[str, Any]:
    asked = "label_values(up, job)"
    return {
        "name": "job",
        "label": "Service",
        "type": "query",
        "datasource": _SOURCE,
        "query": {"query": asked, "refId": "jobs"},
        "definition": asked,
        "refresh": 2,
        "sort": 1,
    }


def _alerts() -> dict[str, Any]:
    return {
        "name": "Alerts",
        "datasource": _SOURCE,
        "enable": True,
        "iconColor": "red",
        "expr": 'ALERTS{alertstate="firing",job="$job"}',
        "titleFormat": "{{alertname}}",
    }
