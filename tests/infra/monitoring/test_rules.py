"""Rules and routing: the files are what the code renders, and do what they are for."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from system_tools import said, tool

from infra.monitoring.alert_routing import Receivers, alertmanager_yaml
from infra.monitoring.burn_rate import BURNS, burn_rate_groups
from infra.monitoring.objectives import BadEvents, Objective, SlowEvents
from infra.monitoring.render import HOME, rendered
from infra.monitoring.rules import Alert, Record, RuleGroup, rules_yaml
from infra.monitoring.service_rules import (
    ServiceTerms,
    service_groups,
    service_objectives,
    watch_groups,
)

FILES = rendered(ServiceTerms(), Receivers())
PROMTOOL = ("promtool", "prometheus")
AMTOOL = ("amtool", "prometheus-alertmanager")
TESTS = sorted((HOME / "rules" / "tests").glob("*_test.yml"))
OBJECTIVE = Objective("uptime", BadEvents("bad_total", "all_total"), 0.99, "is away", "runbook")


@pytest.mark.parametrize("name", FILES)
def test_the_file_is_what_the_code_renders(name: str) -> None:
    again = "run `python -m infra.monitoring render` and commit what it wrote"
    assert (HOME / name).read_text(encoding="utf-8") == FILES[name], again


def test_no_file_is_left_from_before() -> None:
    kept = {*(HOME / "rules").glob("*.yml"), *(HOME / "alertmanager").glob("*")}
    kept |= set((HOME / "grafana").glob("*"))
    assert {str(path.relative_to(HOME)) for path in kept} == set(FILES)


def test_promtool_accepts_the_rules() -> None:
    promtool = tool(*PROMTOOL)
    for path in sorted((HOME / "rules").glob("*.yml")):
        assert "SUCCESS" in said(promtool, "check", "rules", path)


@pytest.mark.parametrize(
    "path",
    [pytest.param(p, marks=[pytest.mark.long] if "days" in p.name else []) for p in TESTS],
    ids=lambda path: path.stem,
)
def test_the_rules_fire_when_they_should_and_only_then(path: Path) -> None:
    assert "SUCCESS" in said(tool(*PROMTOOL), "test", "rules", path.name, folder=path.parent)


@pytest.mark.long
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("> (14.4 * 0.001)", "> (1440 * 0.001)"),
        ('\n      and slo:sli_error:ratio_rate5m{slo="availability"} > (14.4 * 0.001)', ""),
        (">= 5", ">= 0"),
        ('route=~"/v1/.*",status', "status"),
        (" > 0)", ")"),
        ('outcome="2xx",le', "le"),
    ],
)
def test_promtools_tests_notice_rules_that_are_wrong(
    tmp_path: Path, right: str, wrong: str
) -> None:
    promtool = tool(*PROMTOOL)
    text = FILES["rules/service.yml"]
    assert right in text
    (tmp_path / "service.yml").write_text(text.replace(right, wrong))
    (tmp_path / "tests").mkdir()
    test = (HOME / "rules" / "tests" / "service_test.yml").read_text()
    (tmp_path / "tests" / "service_test.yml").write_text(test)
    with pytest.raises(AssertionError, match="FAILED"):
        said(promtool, "test", "rules", "service_test.yml", folder=tmp_path / "tests")


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (["severity=heartbeat", "alertname=DeadMansSwitch"], "heartbeat"),
        (["severity=page", "alertname=AvailabilityBudgetBurn", "job=parcels"], "page"),
        (["severity=page", "alertname=ServiceDown", "job=parcels"], "page"),
        (["severity=ticket", "alertname=DataDrift", "job=parcels"], "ticket"),
        (["alertname=SomebodysOwn"], "ticket"),
        (["severity=paeg", "alertname=Misspelt"], "ticket"),
    ],
)
def test_alerts_go_where_they_should(labels: list[str], receiver: str) -> None:
    amtool = tool(*AMTOOL)
    configuration = HOME / "alertmanager" / "alertmanager.yml"
    routed = said(
        *(amtool, "config", "routes", "test", f"--config.file={configuration}"),
        *(f"--verify.receivers={receiver}", *labels),
    )
    assert routed.split()[0] == receiver


def test_amtool_accepts_the_configuration_for_other_receivers(tmp_path: Path) -> None:
    receivers = Receivers(*(f"https://calls.example/{name}" for name in ("a", "b", "c")))
    (tmp_path / "alertmanager.yml").write_text(alertmanager_yaml(receivers))
    assert "SUCCESS" in said(tool(*AMTOOL), "check-config", tmp_path / "alertmanager.yml")


def test_a_budget_burns_by_the_workbooks_windows() -> None:
    _, alerts = burn_rate_groups(OBJECTIVE)
    found = [(rule.severity, rule.labels["burn_rate"]) for rule in alerts.rules]  # type: ignore[union-attr]
    assert found == [("page", "14.4"), ("page", "6"), ("ticket", "1")]
    windows = [(burn.long, burn.short) for burn in BURNS]
    assert windows == [("1h", "5m"), ("6h", "30m"), ("3d", "6h")]
    for burn, rule in zip(BURNS, alerts.rules, strict=True):
        for window in (burn.long, burn.short):
            bound = f"({burn.factor} * 0.01)"
            assert f'slo:sli_error:ratio_rate{window}{{slo="uptime"}} > {bound}' in rule.expr


def test_every_window_that_alerts_ask_for_is_recorded() -> None:
    records, alerts = burn_rate_groups(OBJECTIVE)
    made = {rule.record for rule in records.rules if isinstance(rule, Record)}
    assert {f"slo:sli_error:ratio_rate{w}" for b in BURNS for w in (b.long, b.short)} <= made
    assert len(alerts.rules) == 3


def test_every_alert_has_a_severity_that_is_routed_and_a_runbook() -> None:
    groups = (*service_groups(ServiceTerms()), *watch_groups(ServiceTerms(), ["parcels"]))
    alerts = [rule for group in groups for rule in group.rules if isinstance(rule, Alert)]
    assert len(alerts) >= 12
    assert all(rule.runbook.startswith("stack/monitoring.html#") for rule in alerts)
    assert {rule.severity for rule in alerts} == {"page", "ticket", "heartbeat"}
    missing = next(rule for rule in alerts if rule.alert == "JobMissing")
    assert missing.expr == 'absent(up{job="parcels"})'


def test_terms_reach_the_rules() -> None:
    terms = ServiceTerms(available=0.95, fast=0.9, seconds=0.05)
    text = rules_yaml(service_groups(terms))
    assert "14.4 * 0.05)" in text and 'le="0.05"' in text and "14.4 * 0.1)" in text
    availability, latency = service_objectives(terms)
    assert (float(availability.budget), float(latency.budget)) == (0.05, 0.1)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: replace(OBJECTIVE, name="Up time"), "of a-z"),
        (lambda: replace(OBJECTIVE, target=1.0), "target must be"),
        (lambda: replace(OBJECTIVE, days=1), "days must be"),
        (lambda: BadEvents("sum(bad_total)", "all_total"), "not a selector"),
        (lambda: Alert("A", "up", "urgent", "", "", ""), "severity is one of"),
        (lambda: rules_yaml([RuleGroup("a", ()), RuleGroup("a", ())]), "one name"),
    ],
)
def test_what_cannot_be_is_refused_in_words(wrong: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        wrong()  # type: ignore[operator]


def test_slow_events_ask_for_a_bucket_as_prometheus_writes_it() -> None:
    assert 'le="1.0"' in SlowEvents("seconds", 1).bad("5m", "job")
    assert yaml.safe_load(FILES["rules/watch.yml"])["groups"][0]["name"] == "watching"
