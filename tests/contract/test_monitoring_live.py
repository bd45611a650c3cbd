"""A failing service wakes somebody: real metrics, rules, Prometheus, Alertmanager and webhook."""

import json
import re
import subprocess
import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from served_processes import ROOT, free_port, served
from stack_under_test import until

from infra.monitoring.alert_routing import Receivers, alertmanager_yaml
from infra.monitoring.dashboards.page import dashboard_page
from infra.monitoring.dashboards.prometheus_query import PrometheusClient, Span
from infra.monitoring.dashboards.service import service_dashboard
from infra.monitoring.exposure import missing
from infra.monitoring.render import rendered
from infra.monitoring.rules import expressions, recorded
from infra.monitoring.service_rules import ServiceTerms, service_groups, watch_groups
from infra.serving.key_store import KeyStore
from infra.settings import Alertmanager, Prometheus
from infra.stack.system_binary import find_binary

pytestmark = pytest.mark.long
TERMS = ServiceTerms()
DASHBOARD = service_dashboard(TERMS)
SHAPE = {"width": 2.0, "name": "square"}


@dataclass
class Inbox:
    """Take what Alertmanager sends: alerts by the path they came to, with the time."""

    url: str
    got: list[tuple[str, str, float]] = field(default_factory=list)

    def first(self, path: str, alert: str) -> float | None:
        """Return when an alert first came that way."""
        return min((t for p, a, t in self.got if (p, a) == (path, alert)), default=None)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            for alert in told["alerts"]:
                found.got.append((self.path, alert["labels"]["alertname"], time.time()))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found = Inbox(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield found
    server.shutdown()


@dataclass(frozen=True)
class Watch:
    """Hold a running Prometheus and Alertmanager, and the folder that targets are read from."""

    prometheus: Prometheus
    alertmanager: Alertmanager
    targets: Path


@pytest.fixture
def watch(tmp_path: Path, inbox: Inbox) -> Iterator[Watch]:
    """Run Prometheus and Alertmanager with our rules and routing, looking every second.

    The stack's own look every five and send again after a minute, which is too long for a test.
    """
    found = find_binary("prometheus"), find_binary("alertmanager", "prometheus-alertmanager")
    if not all(found):
        told = "apt install prometheus prometheus-alertmanager: paging was not tried"
        warnings.warn(told, stacklevel=1)
        pytest.skip(told)
    ports = free_port(), free_port()
    receivers = Receivers(*(f"{inbox.url}/{name}" for name in ("page", "ticket", "heartbeat")))
    files = rendered(TERMS, Receivers()) | {
        "prometheus.yml": yaml.safe_dump(_configuration(ports[1])),
        "alertmanager.yml": alertmanager_yaml(receivers),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    commands = (
        (
            *(found[1], "--config.file=alertmanager.yml", "--storage.path=silences"),
            *(f"--web.listen-address=127.0.0.1:{ports[1]}", "--cluster.listen-address="),
        ),
        (
            *(found[0], "--config.file=prometheus.yml", "--storage.tsdb.path=metrics"),
            *(f"--web.listen-address=127.0.0.1:{ports[0]}", "--rules.alert.resend-delay=2s"),
        ),
    )
    log = (tmp_path / "watch.log").open("wb")
    running = [subprocess.Popen(command, cwd=tmp_path, stderr=log) for command in commands]
    try:
        for port in ports:
            until(lambda port=port: _is_ready(port), bool, seconds=30)
        (tmp_path / "targets").mkdir()
        urls = [f"http://127.0.0.1:{port}" for port in ports]
        yield Watch(Prometheus(url=urls[0]), Alertmanager(url=urls[1]), tmp_path / "targets")
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(timeout=20)
        log.close()


def _configuration(alertmanager: int) -> dict[str, Any]:
    return {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules/*.yml"],
        "alerting": {
            "alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]
        },
        "scrape_configs": [
            {
                "job_name": "any",
                "file_sd_configs": [{"files": ["targets/*.json"], "refresh_interval": "1s"}],
            }
        ],
    }


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/-/ready").is_success
    except httpx.TransportError:
        return False


def test_a_failing_service_pages_and_the_dashboard_shows_it(
    watch: Watch,
    inbox: Inbox,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    key = KeyStore.in_file(tmp_path / "keys.db").create("ada").reveal()
    # The model takes longer than any caller may wait, so that every request fails with 503.
    slow = {"seconds_a_batch": 0.2, "deadline_ms": 100, "max_items": 1}
    with served(tmp_path / "keys.db", **slow) as [service]:
        target = [{"targets": [service.url.removeprefix("http://")], "labels": {"job": "shapes"}}]
        (watch.targets / "shapes.json").write_text(json.dumps(target))
        begin = time.time()
        with httpx.Client(base_url=service.url, headers={"X-API-Key": key}) as client:

            def asked() -> float | None:
                assert client.post("/v1/predict", json=SHAPE).status_code == 503
                return inbox.first("/page", "AvailabilityBudgetBurn")

            paged = until(asked, lambda when: when is not None, seconds=60)
        assert paged is not None
        exposition = httpx.get(f"{service.url}/metrics").text
        with httpx.Client() as http:
            prometheus = PrometheusClient(watch.prometheus, http)
            stored = prometheus.names()
            span = Span.last(timedelta(minutes=2))
            page = dashboard_page(DASHBOARD, prometheus, span, {"job": "shapes"})
            (tmp_path / "dashboard.html").write_text(page)
    assert inbox.first("/heartbeat", "DeadMansSwitch") is not None
    assert inbox.first("/page", "DeadMansSwitch") is None
    with capsys.disabled():
        print(f"\npaged {paged - begin:.0f} s after the first request failed")
    groups = (*service_groups(TERMS), *watch_groups(TERMS))
    asked_for = {**expressions(groups), **DASHBOARD.expressions()}
    drift = "# TYPE drift_alarm gauge\n# TYPE drift_effect gauge\n"
    drift += "# TYPE drift_judged_timestamp_seconds gauge\n"
    assert missing(asked_for, [exposition, drift], recorded(groups)) == []
    assert {"slo:sli_error:ratio_rate5m", "slo:sli_error:ratio_rate1h"} <= stored
    assert page.count("<svg") >= 4
    assert "AvailabilityBudgetBurn (page)" in page
    assert "Prometheus says" not in page


def test_the_code_of_the_page_about_prometheus_runs(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    prometheus = watch.prometheus.url
    target = [{"targets": [prometheus.removeprefix("http://")], "labels": {"job": "itself"}}]
    (watch.targets / "itself.json").write_text(json.dumps(target))
    up = {"query": 'up{job="itself"} == 1'}
    until(
        lambda: httpx.get(f"{prometheus}/api/v1/query", params=up).json()["data"]["result"],
        bool,
        seconds=30,
    )
    alerts = f"{watch.alertmanager.url}/api/v2/alerts"
    until(lambda: httpx.get(alerts).json(), bool, seconds=30)
    monkeypatch.setenv("LAB_PROMETHEUS_URL", prometheus)
    monkeypatch.setenv("LAB_ALERTMANAGER_URL", watch.alertmanager.url)
    page = (ROOT / "site" / "pages" / "stack" / "prometheus.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    exec(compile(code, "prometheus.md", "exec"), {"__name__": "page"})
    said = capsys.readouterr().out
    assert f"{prometheus}/metrics up" in said
    assert "firing DeadMansSwitch" in said and "DeadMansSwitch ['heartbeat']" in said
