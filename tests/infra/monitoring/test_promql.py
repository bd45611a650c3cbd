"""Which metrics an expression asks for, and whether anybody exposes them."""

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram

from infra.monitoring.dashboards.service import service_dashboard
from infra.monitoring.drift.metrics import DriftMetrics
from infra.monitoring.exposure import exposed_by, missing
from infra.monitoring.promql import selectors
from infra.monitoring.rules import expressions, recorded
from infra.monitoring.service_rules import ServiceTerms, service_groups, watch_groups
from infra.serving.metrics import ServingMetrics

TERMS = ServiceTerms()
GROUPS = (*service_groups(TERMS), *watch_groups(TERMS))
ASKED = {**expressions(GROUPS), **service_dashboard(TERMS).expressions()}


@pytest.mark.parametrize(
    ("expression", "metrics"),
    [
        ('sum by (job) (rate(a_total{x="1"}[5m])) / sum(rate(b:c[1h] offset 5m))', "a_total b:c"),
        ("histogram_quantile(0.95, sum by (le, job) (rate(h_bucket[5m])))", "h_bucket"),
        ("a / on (job) group_left (x, y) b unless ignoring(z) c", "a b c"),
        ("sum without (x) (y) # and z", "y"),
        ("sum(y) by (x)", "y"),
        ("a > bool 1e3 or b < 5m30s and c != Inf", "a b c"),
        ('label_replace(up, "a", "$1", "b", "(c).*")', "up"),
        ("max_over_time(rate(a_total[5m])[1h:1m])", "a_total"),
        ('a{x=~"b{2}|c(d)"} - b', "a b"),
        ('rate(a_total{job="$job"}[$__rate_interval])', "a_total"),
        ("vector(1)", ""),
        ("time() - 5", ""),
    ],
)
def test_metrics_are_found(expression: str, metrics: str) -> None:
    assert [one.metric for one in selectors(expression)] == metrics.split()


def test_labels_are_found_with_the_values_that_they_must_have() -> None:
    (one,) = selectors('h_bucket{le="0.1", route=~"/v1,{2}.*", status!="5\\"x"}')
    assert one.labels == {"le", "route", "status"}
    assert one.equal == {("le", "0.1")}


@pytest.mark.parametrize("expression", ['{job="a"}', 'sum({__name__="a"})', "rate(a{b="])
def test_what_cannot_be_read_is_refused(expression: str) -> None:
    with pytest.raises(ValueError):
        selectors(expression)


def lived_in() -> CollectorRegistry:
    """Return a registry of a service that answered a request, as its /metrics would show it."""
    registry = CollectorRegistry()
    metrics = ServingMetrics(registry)
    metrics.requests.labels("/v1/predict", "POST", "200").inc()
    metrics.latency.labels("/v1/predict", "2xx").observe(0.01)
    metrics.swaps.labels("done").inc()
    metrics.model.labels("1").set(1)
    metrics.shed.labels("late").inc()
    metrics.key_refused.labels("wrong_key").inc()
    DriftMetrics(registry)
    return registry


def test_all_that_rules_and_the_dashboard_ask_for_is_exposed_by_services() -> None:
    assert len(ASKED) > 30
    assert missing(ASKED, [lived_in()], recorded(GROUPS)) == []


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("rate(serving_request_total[5m])", "nobody exposes serving_request_total"),
        ('rate(serving_requests_total{code="200"}[5m])', "has no label code"),
        ('serving_request_seconds_bucket{le="0.17"}', "no bucket that ends at 0.17"),
        ("slo:sli_error:ratio_rate2h", "nobody exposes slo:sli_error:ratio_rate2h"),
        ("serving_requests", "nobody exposes serving_requests"),
    ],
)
def test_what_nobody_exposes_is_named(expression: str, words: str) -> None:
    (found,) = missing({"here": expression}, [lived_in()], recorded(GROUPS))
    assert str(found).startswith("here: ") and words in str(found)


def test_text_and_registry_say_the_same_and_what_has_no_series_yet_is_known() -> None:
    registry = CollectorRegistry()
    Counter("orders", "Orders.", ("kind",), registry=registry)
    Histogram("wait_seconds", "Waits.", registry=registry)
    exposed = exposed_by(registry)
    assert {"orders_total", "wait_seconds_bucket", "wait_seconds_count"} <= exposed.metrics
    assert missing({"a": 'orders_total{kind="x"}'}, [registry]) == []
    assert exposed_by("# TYPE orders counter\norders_total 1\n").metrics >= {"orders_total"}


def test_a_bucket_of_an_objective_that_the_histogram_lacks_is_found() -> None:
    groups = service_groups(ServiceTerms(seconds=0.123))
    found = missing(expressions(groups), [lived_in()], recorded(groups))
    assert found and all("no bucket that ends at 0.123" in str(one) for one in found)
