"""Objectives, rules and dashboard: kept files are what the code renders, and ask what is there."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client import CollectorRegistry
from system_tools import said, tool

from infra.monitoring.drift.detector import DriftReport, TestResult, Verdict
from infra.monitoring.exposure import missing
from infra.monitoring.rules import Alert, expressions, recorded
from infra.serving.metrics import ServingMetrics
from projects.fraud.investigation.metrics import InvestigationMetrics
from projects.fraud.operating.dashboard import fraud_dashboard
from projects.fraud.operating.decision_metrics import DecisionMetrics
from projects.fraud.operating.drift_watch import WatchReport
from projects.fraud.operating.objectives import FraudTerms, fraud_groups
from projects.fraud.operating.render import HOME, rendered
from projects.fraud.operating.watch_metrics import WatchMetrics

TERMS = FraudTerms()
FILES = rendered(TERMS)
RULES = HOME / "rules" / "fraud.yml"
TESTS = sorted((HOME / "rules" / "tests").glob("*_test.yml"))


@pytest.fixture(scope="module")
def exposed() -> CollectorRegistry:
    """A registry with every metric of ours, each with what one event leaves."""
    registry = CollectorRegistry()
    ServingMetrics(registry)
    InvestigationMetrics(registry)
    scorer = DecisionMetrics(registry)
    scorer.decided(False, "6", 1000.0, None)
    scorer.decided(True, "7", 2000.0, 0.01)
    scorer.undecided(3)
    scorer.waiting(3)
    found = TestResult("SCORE", "psi", 0.3, 0.1, 9, 5, 0.001, 0.002, True)
    reports = {"scores": DriftReport(Verdict.DRIFTED, 500, (found,))}
    WatchMetrics(registry).record(WatchReport(9, 500, reports), frozenset({"scores"}), True)
    return registry


@pytest.mark.parametrize("name", FILES)
def test_the_kept_file_is_what_the_code_renders(name: str) -> None:
    again = "run `python -m projects.fraud.operating render` and commit what it wrote"
    assert (HOME / name).read_text(encoding="utf-8") == FILES[name], again


def test_rules_and_dashboard_ask_for_nothing_that_nobody_exposes(
    exposed: CollectorRegistry,
) -> None:
    groups = fraud_groups(TERMS)
    asked = {**expressions(groups), **fraud_dashboard(TERMS).expressions()}
    assert len(asked) > 50
    assert missing(asked, [exposed], recorded(groups)) == []


@pytest.mark.parametrize(
    ("terms", "said"),
    [(FraudTerms(seconds=0.12), "no bucket that ends at 0.12")],
)
def test_an_objective_without_a_bucket_is_noticed(
    exposed: CollectorRegistry, terms: FraudTerms, said: str
) -> None:
    groups = fraud_groups(terms)
    found = missing(expressions(groups), [exposed], recorded(groups))
    assert found and all(said in str(one) for one in found)


def test_the_scorer_counts_what_it_did(exposed: CollectorRegistry) -> None:
    value = exposed.get_sample_value
    assert value("fraud_payments_answered_total") == 5
    assert value("fraud_payments_undecided_total") == 3
    assert value("fraud_published_decisions_total", {"alert": "yes"}) == 1
    assert value("fraud_decisions_replayed_total") == 1
    assert value("fraud_newest_decision_timestamp_seconds") == 2000
    assert value("fraud_decision_seconds_bucket", {"le": "0.01"}) == 1
    assert value("fraud_deciding_model", {"version": "6"}) == 0
    assert value("fraud_deciding_model", {"version": "7"}) == 1
    assert value("fraud_drift_confirmed", {"watch": "scores"}) == 1


def test_every_alert_leads_to_a_heading_of_the_runbook() -> None:
    text = (HOME / "RUNBOOK.md").read_text(encoding="utf-8")
    headings = {
        line[3:].lower().replace(" ", "-") for line in text.splitlines() if line.startswith("## ")
    }
    rules = [rule for group in fraud_groups(TERMS) for rule in group.rules]
    led = {rule.runbook.split("#")[1] for rule in rules if isinstance(rule, Alert)}
    assert led == headings


def tried(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [tool("promtool", "prometheus"), "test", "rules", *(one.name for one in TESTS)]
    return subprocess.run(
        command, cwd=folder / "tests", capture_output=True, text=True, timeout=120, check=False
    )


def test_promtool_accepts_the_rules_and_they_fire_when_they_should() -> None:
    assert "SUCCESS" in said(tool("promtool", "prometheus"), "check", "rules", RULES)
    done = tried(RULES.parent)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (" > 60) and on (job)", " > 6000) and on (job)"),
        ("(fraud_payments_waiting) > 0", "(fraud_payments_waiting) >= 0"),
        ("max by (job) (fraud_newest", "min by (job) (fraud_newest"),
        ("fraud_drift_confirmed) == 1", "fraud_drift_confirmed) >= 0"),
        ("investigation_oldest_label_seconds > 900", "investigation_oldest_label_seconds > 90"),
        (" or absent(fraud_drift_judged_timestamp_seconds)", ""),
        ("< time() - 172800", "< time() - 17280"),
        (
            "fraud_drift_judged_timestamp_seconds < t",
            "0 < fraud_drift_judged_timestamp_seconds < t",
        ),
        ("/ (sum by (job) (rate(fraud_pay", "/ 99 / (sum by (job) (rate(fraud_pay"),
    ],
)
def test_promtools_tests_notice_rules_that_are_wrong(
    tmp_path: Path, right: str, wrong: str
) -> None:
    rules = yaml.safe_load(FILES["rules/fraud.yml"])
    changed = 0
    for rule in (rule for group in rules["groups"] for rule in group["rules"]):
        # YAML breaks long lines where it likes.
        asked = " ".join(rule["expr"].split())
        changed += right in asked
        rule["expr"] = asked.replace(right, wrong)
    assert changed
    (tmp_path / "tests").mkdir()
    # YAML holds JSON.
    (tmp_path / "fraud.yml").write_text(json.dumps(rules))
    for file in TESTS:
        shutil.copy(file, tmp_path / "tests")
    done = tried(tmp_path)
    assert done.returncode != 0 and "FAILED" in done.stdout + done.stderr
