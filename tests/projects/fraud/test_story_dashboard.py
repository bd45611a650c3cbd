"""The story's dashboard says of sampled metrics what Prometheus says of scraped ones."""

import dataclasses
import json
import math
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from system_tools import said, tool

from projects.fraud.operating.decision_metrics import DecisionMetrics
from projects.fraud.story import pictures
from projects.fraud.story.dashboard_panels import (
    as_figures,
    filled_panels,
    histogram_quantile,
)
from projects.fraud.story.watching import Sample

BEGIN = 1_000.0


def sampled(until: int = 20) -> list[Sample]:
    """Return samples of as many seconds; ten payments a second, of which the first half is slow."""
    metrics = DecisionMetrics(CollectorRegistry())
    metrics.began(BEGIN)
    samples = []
    for second in range(until + 1):
        metrics.waiting(until - second)
        if second:
            slow = second <= until // 2
            for number in range(10):
                taken = 0.2 if slow else 0.012
                version = "1" if slow else "2"
                metrics.decided(number == 0, version, BEGIN + second - 0.5, taken)
        samples.append(dataclasses.replace(Sample.of(metrics.registry), at=BEGIN + second))
    metrics.undecided(5)
    late = dataclasses.replace(Sample.of(metrics.registry), at=BEGIN + until + 1)
    return [*samples, late]


@pytest.mark.parametrize(
    ("quantile", "buckets", "expected"),
    [
        (0.5, {0.1: 0, 0.2: 50, math.inf: 50}, 0.15),
        (0.5, {0.1: 50, 0.2: 100, math.inf: 100}, 0.1),
        (0.25, {0.1: 50, 0.2: 100, math.inf: 100}, 0.05),
        (0.99, {0.1: 50, 0.2: 90, math.inf: 100}, 0.2),
        (0.9, {0.1: 0, 0.2: 10, 0.4: 20, 0.8: 20, math.inf: 20}, 0.36),
    ],
)
def test_a_quantile_lies_in_its_bucket_as_if_values_were_even(
    quantile: float, buckets: dict[float, float], expected: float
) -> None:
    assert histogram_quantile(quantile, buckets) == pytest.approx(expected)


def test_nothing_counted_has_no_quantile() -> None:
    assert math.isnan(histogram_quantile(0.5, {0.1: 0.0, math.inf: 0.0}))


def test_prometheus_finds_the_same_quantiles(tmp_path: Path) -> None:
    promtool = tool("promtool", "prometheus")
    cumulative = {0.005: 3, 0.01: 3, 0.05: 40, 0.15: 77, 0.5: 79, math.inf: 80}
    series = [
        {
            "series": f'b_bucket{{le="{"+Inf" if math.isinf(bound) else bound}"}}',
            "values": f"0+{count}x10",
        }
        for bound, count in cumulative.items()
    ]
    asked = [
        {
            "expr": f"round(histogram_quantile({q}, sum by (le) (increase(b_bucket[10s]))), 1e-6)",
            "eval_time": "10s",
            "exp_samples": [{"value": round(histogram_quantile(q, cumulative), 6)}],
        }
        for q in (0.01, 0.5, 0.95, 0.985, 0.999)
    ]
    one = {"interval": "1s", "input_series": series, "promql_expr_test": asked}
    told = {"rule_files": [], "evaluation_interval": "1s", "tests": [one]}
    (tmp_path / "tests.yml").write_text(json.dumps(told))
    said(promtool, "test", "rules", "tests.yml", folder=tmp_path)


def test_panels_follow_what_was_decided_in_their_window() -> None:
    panels = {one.panel.title: one for one in filled_panels(sampled())}
    assert all(
        len(values) == len(one.seconds) == 21
        for one in panels.values()
        for values in one.lines.values()
    )
    decided, undecided = panels["Payments"].lines.values()
    assert decided[:20] == pytest.approx((10.0,) * 20) and decided[-1] == pytest.approx(9.0)
    assert undecided[-2:] == pytest.approx((0.0, 0.5))
    (share,) = panels["Alert share"].lines.values()
    assert share == pytest.approx((0.1,) * 21)
    median = panels["Latency"].lines["p50"]
    # The bucket from 0.15 to 0.25 s at first; ten seconds later none of the slow is in the window.
    assert median[0] == pytest.approx(0.2) and median[19] == pytest.approx(0.0125)
    waiting, idle = panels["Waiting"].lines.values()
    assert waiting[:3] == (19, 18, 17) and idle[0] == 0.5 and idle[-1] == 1.5
    live = panels["Model live"].lines
    assert list(live) == ["version 1", "version 2"]
    assert (live["version 1"][9], live["version 2"][10]) == (1, 1)
    assert math.isnan(live["version 1"][10]) and math.isnan(live["version 2"][9])


def test_figures_are_of_all_samples() -> None:
    figures = as_figures(sampled())
    assert (figures["samples"], figures["decided"], figures["not_decided"]) == (22, 200, 5)
    assert figures["alert_share"] == pytest.approx(0.1) and figures["most_waiting"] == 19
    assert figures["deciding"] == ["version 1", "version 2"]
    assert figures["latency_seconds"]["p50"] == pytest.approx(0.015)
    assert 0.15 < figures["latency_seconds"]["p95"] <= 0.25


def test_a_stream_without_a_decision_has_figures_too() -> None:
    metrics = DecisionMetrics(CollectorRegistry())
    figures = as_figures(
        [dataclasses.replace(Sample.of(metrics.registry), at=BEGIN + second) for second in range(3)]
    )
    assert (figures["decided"], figures["deciding"], figures["alert_share"]) == (0, [], None)
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures


def test_a_metric_that_nobody_shows_is_not_taken_for_none() -> None:
    silent = [
        Sample(one.at, {k: v for k, v in one.values.items() if k != "fraud_payments_waiting"})
        for one in sampled()
    ]
    with pytest.raises(KeyError, match="fraud_payments_waiting"):
        filled_panels(silent)


def test_the_picture_has_the_dashboards_titles() -> None:
    figure = pictures.dashboard(filled_panels(sampled()))
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == ["Latency", "Payments", "Waiting", "Alert share", "Model live"]
    latency = figure.axes[0]
    assert [line.get_label() for line in latency.lines] == ["p50", "p95", "p99", "bound"]
