"""A night exports and then judges, each day anew; its page shows what the last one found."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, write_to_textfile
from typer.testing import CliRunner

from infra.events.stopping import Stop
from infra.monitoring.drift.detector import DriftReport, TestResult, Verdict
from projects.fraud.operating.dashboard import fraud_dashboard
from projects.fraud.operating.drift_watch import FEATURES, WatchReport
from projects.fraud.operating.objectives import FraudTerms
from projects.fraud.operating.watch_metrics import WatchMetrics
from projects.fraud.shipping import night as at_night
from projects.fraud.shipping.__main__ import _APP
from projects.fraud.shipping.drift_page import DriftPage
from projects.fraud.shipping.night import NightConfig, is_missing, next_night, nights, one_night

ROOT = Path(__file__).parents[3]
AT = time_of_day(4, 10)


@pytest.fixture
def config(tmp_path: Path) -> NightConfig:
    return NightConfig(tmp_path / "disk" / "payments", tmp_path / "disk" / "drift.prom")


def test_a_night_exports_before_it_judges_what_was_exported(config: NightConfig) -> None:
    ran: list[tuple[str, ...]] = []

    def run(step: tuple[str, ...]) -> int:
        assert config.days.is_dir()
        ran.append(step)
        return 0

    assert one_night(config, print, run) == 0
    export, judge = ran
    assert export[1:] == ("export-days", "--to", str(config.days))
    assert judge[1:4] == ("judge-day", "--payments", str(config.days))
    assert judge[-2:] == ("--metrics", str(config.metrics))


@pytest.mark.parametrize(
    ("statuses", "ended"), [((2,), 2), ((0, 1), 1), ((0, 0), 0)], ids=["export", "judge", "none"]
)
def test_what_fails_ends_the_night_and_says_so(
    config: NightConfig, statuses: tuple[int, ...], ended: int, capsys: pytest.CaptureFixture[str]
) -> None:
    left = list(statuses)
    assert one_night(config, print, lambda _: left.pop(0)) == ended
    assert not left
    assert (f"ended with {ended}" in capsys.readouterr().out) is (ended != 0)


def test_the_command_of_one_night_runs_both_programs_and_ends_as_they_do(
    config: NightConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def called(command: list[str], *, check: bool) -> subprocess.CompletedProcess[str]:
        assert not check
        asked.append(command)
        return subprocess.CompletedProcess(command, 1 if "judge-day" in command else 0)

    monkeypatch.setattr(at_night.subprocess, "run", called)
    words = ["night", "--days", str(config.days), "--metrics", str(config.metrics)]
    assert CliRunner().invoke(_APP, words).exit_code == 1
    assert [one[:4] for one in asked] == [
        [sys.executable, "-m", "projects.fraud.operating", name]
        for name in ("export-days", "judge-day")
    ]


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-01T04:00", "2026-03-01T04:10"),
        ("2026-03-01T04:09:59", "2026-03-02T04:10"),
        ("2026-03-01T04:10", "2026-03-02T04:10"),
        ("2026-12-31T23:59", "2027-01-01T04:10"),
    ],
)
def test_the_next_night_is_once_a_day(now: str, due: str) -> None:
    found = next_night(AT, datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert found == datetime.fromisoformat(due).replace(tzinfo=UTC)


def test_a_night_is_missing_where_nothing_was_found_within_a_day(config: NightConfig) -> None:
    now = datetime.now(UTC)
    assert is_missing(config, now)
    config.metrics.parent.mkdir()
    config.metrics.touch()
    assert not is_missing(config, now)
    old = (now - timedelta(hours=25)).timestamp()
    os.utime(config.metrics, (old, old))
    assert is_missing(config, now)


def test_nights_go_on_after_one_that_failed(
    config: NightConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, ran = Stop(), []
    monkeypatch.setattr(at_night, "next_night", lambda _, now: now)

    def run(step: tuple[str, ...]) -> int:
        ran.append(step[1])
        if len(ran) == 3:
            stop.ask()
        return 2

    nights(config, AT, stop, print, run)
    assert ran == ["export-days"] * 3


def test_nights_wait_where_none_is_missing(config: NightConfig) -> None:
    config.metrics.parent.mkdir()
    config.metrics.touch()
    stop, ran = Stop(), []
    threading.Timer(0.1, stop.ask).start()
    at = (datetime.now(UTC) + timedelta(hours=12)).time()
    nights(config, at, stop, print, lambda step: ran.append(step) or 0)
    assert not ran


@pytest.fixture
def page(config: NightConfig) -> Iterator[str]:
    with DriftPage(config.metrics, "127.0.0.1", 0) as shown:
        threading.Thread(target=shown.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{shown.server_port}"
        shown.shutdown()


def asked(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def judged_day() -> WatchReport:
    amount = TestResult("TX_AMOUNT", "psi", 0.4, 0.1, 9.0, 3.0, 0.001, 0.002, True)
    return WatchReport(75, 1234, {FEATURES: DriftReport(Verdict.DRIFTED, 1234, (amount,))})


def test_the_page_shows_what_the_night_wrote_and_fills_the_dashboards_row(
    page: str, config: NightConfig
) -> None:
    assert asked(f"{page}/health/live")[0] == 200
    assert asked(f"{page}/health/ready")[0] == 503
    config.metrics.parent.mkdir()
    assert asked(f"{page}/health/ready")[0] == 200
    assert asked(f"{page}/metrics") == (200, "")
    registry = CollectorRegistry()
    WatchMetrics(registry).record(judged_day(), frozenset({FEATURES}), due=True)
    write_to_textfile(str(config.metrics), registry)
    status, text = asked(f"{page}/metrics")
    assert status == 200 and 'fraud_drift_effect{feature="TX_AMOUNT"' in text
    [row] = [row for row in fraud_dashboard(FraudTerms()).rows if row.title == "Drift"]
    wanted = {
        name
        for panel in row.panels
        for query in panel.queries
        for name in re.findall(r"\bfraud_\w+", query.expr)
    }
    shown = set(re.findall(r"^(fraud_\w+)[{ ]", text, re.M))
    assert wanted and wanted <= shown
    assert asked(f"{page}/")[0] == 404


def test_nights_show_what_was_found_while_they_wait_and_end_when_told(config: NightConfig) -> None:
    config.metrics.parent.mkdir()
    config.metrics.write_text("fraud_drift_payments 5.0\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    at = f"{datetime.now(UTC) + timedelta(hours=12):%H:%M}"
    words = ["--days", config.days, "--metrics", config.metrics, "--at", at, "--port", str(port)]
    command = [sys.executable, "-m", "projects.fraud.shipping", "nights", *words]
    with subprocess.Popen(command, cwd=ROOT) as running:
        try:
            for _ in range(600):
                try:
                    assert asked(f"http://127.0.0.1:{port}/metrics")[1].startswith("fraud_drift")
                    break
                except urllib.error.URLError:
                    assert running.poll() is None
                    threading.Event().wait(0.1)
            running.send_signal(signal.SIGTERM)
            assert running.wait(30) == 0
        finally:
            running.kill()
