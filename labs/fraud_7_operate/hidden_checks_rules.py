"""Hold rules and dashboards to what they say over series that nobody has seen."""

from typing import Any

import numpy as np
import traffic
from asking import (
    BEGIN,
    alerts_of,
    answer_of,
    panel_of,
    rules_of,
    steady,
    triples,
)
from checks import OBJECTIVE
from querying import query

from autograder.checks import Run, check, expect

SERIES = 0xE604_B1D9_2F38_7CA5_8B6E_10F2
BURNS = [
    {"factor": 14.4, "long": "1h", "short": "5m", "severity": "page"},
    {"factor": 3, "long": "6h", "short": "30m", "severity": "ticket"},
]
WINDOWS = {"5m": 5, "30m": 30, "1h": 60, "6h": 360}
MINUTES = 620


def outage(seed: int, le: str) -> tuple[list[dict[str, Any]], dict[str, tuple[Any, Any]]]:
    """Return series of four jobs, one of which is slow for a while, and what really happened."""
    rng = np.random.default_rng(seed)
    minute = np.arange(MINUTES)
    bad_time = (minute >= 400) & (minute < 430)
    plans = (
        ("scorer", "a", 60, np.where(bad_time, 0.45, 0.001), None),
        ("scorer", "b", 12, np.where(bad_time, 0.45, 0.001), 415),
        ("steady", "c", 50, np.full(MINUTES, 0.002), 405),
        ("lone", "d", 0.01, np.full(MINUTES, 0.9), None),
        ("uneven", "e", 80, np.full(MINUTES, 0.0), None),
        ("uneven", "f", 2, np.full(MINUTES, 0.5), None),
    )
    series, truth = [], {}
    for job, instance, a_minute, share, restart in plans:
        total = rng.poisson(a_minute, MINUTES)
        slow = rng.binomial(total, share)
        before = truth.get(job, (0, 0))
        truth[job] = (before[0] + slow, before[1] + total)
        kinds = (("_bucket", {"le": le}, total - slow), ("_bucket", {"le": "+Inf"}, total))
        for suffix, labels, counts in (*kinds, ("_count", {}, total)):
            values = np.cumsum(counts).astype(float)
            if restart is not None:
                values[restart:] -= values[restart - 1]
            pairs = [[BEGIN + 60 * at, value] for at, value in enumerate(values.tolist())]
            labels = {"job": job, "instance": instance, **labels}
            series.append({"name": "decide_seconds" + suffix, "labels": labels, "samples": pairs})
    return series, truth


def burning(truth: dict[str, tuple[Any, Any]], now: int, objective: dict[str, Any]) -> list[Any]:
    """Return what must fire at a minute, worked out from what happened and not from counters."""
    found = []
    for burn in objective["burns"]:
        for job, (slow, total) in truth.items():
            long, short = (
                slice(now + 1 - WINDOWS[burn[key]], now + 1) for key in ("long", "short")
            )
            shares = [slow[part].sum() / max(total[part].sum(), 1) for part in (long, short)]
            too_fast = min(shares) > burn["factor"] * (1 - objective["target"])
            if too_fast and slow[long].sum() >= objective["least_bad"]:
                found.append(("BudgetBurn", burn["severity"], job))
    return sorted(found)


def objective_of(seconds: float) -> dict[str, Any]:
    name = {"histogram": "decide_seconds", "seconds": seconds, "burns": BURNS, "jobs": []}
    return {**OBJECTIVE, **name, "least_bad": 9}


@check(
    "rules",
    points=2,
    feedback="For which job, over which windows, from how many bad events on? Counters restart, "
    "and the instances of a job have unequal traffic.",
)
def rules_decide_as_they_should(run: Run) -> None:
    objective = objective_of(0.25)
    series, truth = outage(SERIES + run.parameters["seed"], "0.25")
    rules = run.call("alert_rules", objective)
    for minute in (390, 402, 414, 429, 433, 445, 458, 500, 610):
        got = alerts_of(rules, series, BEGIN + 60 * minute, "alert_rules(…)")
        what = f"what fires at minute {minute}; from 400 to 429 a job is slow"
        expect(got, what).to_equal(burning(truth, minute, objective))


@check("rules", points=1, feedback="How does the exporter write a bound of two seconds?")
def whole_seconds_are_a_bound_too(run: Run) -> None:
    objective = objective_of(2)
    series, truth = outage(SERIES + 1 + run.parameters["seed"], "2.0")
    rules = run.call("alert_rules", objective)
    for minute in (390, 420):
        got = alerts_of(rules, series, BEGIN + 60 * minute, "alert_rules(2 seconds)")
        expect(got, f"what fires at minute {minute}").to_equal(burning(truth, minute, objective))


@check("rules", points=1, feedback="Who tells you when a job shows nothing at all any more?")
def silence_is_an_alert(run: Run) -> None:
    jobs = ["fraud-scorer", "fraud-desk"]
    rules = run.call("alert_rules", {**OBJECTIVE, "jobs": jobs})
    rules_of(rules, "alert_rules(two jobs)")
    scorer = steady("fraud-scorer", "a", slow=0, total=60)
    desk = steady("fraud-desk", "b", slow=0, total=60)
    silent = [("NoData", "page", "fraud-desk"), ("NoData", "page", "fraud-scorer")]
    for series, at, due in (
        (scorer + desk, 50, []),
        (scorer, 50, silent[:1]),
        (scorer + desk, 80, silent),
    ):
        got = alerts_of(rules, series, BEGIN + 60 * at, "alert_rules(two jobs)")
        expect(got, "what fires, some jobs silent").to_equal(due)


EXPECTED = {
    "Slow decisions": (
        "percentunit",
        '(sum(increase(fraud_decision_seconds_count{job="JOB"}[1h]))'
        ' - sum(increase(fraud_decision_seconds_bucket{job="JOB",le="BOUND"}[1h])))'
        ' / sum(increase(fraud_decision_seconds_count{job="JOB"}[1h]))',
    ),
    "Decisions": ("reqps", 'sum(rate(fraud_decisions_total{job="JOB"}[5m])) by (alert)'),
    "Dead letters": ("reqps", 'sum(rate(fraud_dead_letters_total{job="JOB"}[5m])) by (reason)'),
    "Event-time lag": (
        "s",
        'min(time() - fraud_newest_payment_timestamp_seconds{job="JOB"})',
    ),
    "Payments waiting": ("short", 'sum(fraud_payments_waiting{job="JOB"})'),
    "Latency p95": (
        "s",
        'histogram_quantile(0.95, sum(rate(fraud_decision_seconds_bucket{job="JOB"}[5m])) by (le))',
    ),
}


@check(
    "dashboard",
    points=2,
    feedback="Try every query on traffic.series with `query`: which job, which labels, which unit?",
)
def every_panel_answers(run: Run) -> None:
    series = traffic.series(SERIES + 2 + run.parameters["seed"])
    for job, bound in (("fraud-scorer", 0.15), ("fraud-canary", 1.0)):
        board = run.call("dashboard", job, bound, 0.995)
        for title, (unit, expression) in EXPECTED.items():
            panel = panel_of(board, title)
            panel.at("fieldConfig", "defaults", "unit").to_equal(unit)
            expr = panel.at("targets", 0, "expr").value
            for minute in (70, 89):
                now = BEGIN + 60.0 * minute
                asked = expression.replace("JOB", job).replace("BOUND", str(bound))
                due = query(asked, series, now)
                got = answer_of(expr, series, now, f"the query of {title!r}")
                expect(got, f"what {title!r} shows of {job}, (labels, value)").to_equal(
                    due, tol=1e-6
                )


@check("dashboard", points=1, feedback="Thresholds from the objective; panels beside one another.")
def is_drawn_from_the_objective(run: Run) -> None:
    for objective, target in ((0.15, 0.99), (0.6, 0.9)):
        board = run.call("dashboard", "fraud-scorer", objective, target)
        for title, bound in (("Latency p95", objective), ("Slow decisions", 1 - target)):
            steps = panel_of(board, title).at("fieldConfig", "defaults", "thresholds", "steps")
            red = steps.to_be_a(list).at(-1)
            red.at("color").to_equal("red")
            red.at("value").to_equal(bound, tol=1e-9)
        expect(board, "dashboard(…)").at("uid").to_be_a(str)
        expect(board, "dashboard(…)").at("title").to_be_a(str)
        taken: dict[tuple[int, int], str] = {}
        for number, panel in enumerate(board["panels"]):
            place = expect(panel, f"panel {number}").at("gridPos")
            x, y, w, h = (place.at(key).to_be_a(int).value for key in ("x", "y", "w", "h"))
            inside = x >= 0 and w >= 1 and x + w <= 24 and 1 <= h <= 100
            expect(inside, f"gridPos of panel {number}").to_be_true("it lies in 24 columns")
            for cell in ((column, row) for column in range(x, x + w) for row in range(y, y + h)):
                expect(taken.get(cell), f"what lies under panel {number} already").to_equal(None)
                taken[cell] = f"panel {number}"


EXPOSED = """# HELP shop_orders_total Orders.
# TYPE shop_orders_total counter
shop_orders_total{way="web"} 4.0
shop_orders_total{way="app",size="big"} 2.0
# HELP shop_seconds Time.
# TYPE shop_seconds histogram
shop_seconds_bucket{le="0.1"} 2.0
shop_seconds_bucket{le="+Inf"} 6.0
shop_seconds_count 6.0
shop_seconds_sum 1.5
# HELP shop_open Open orders.
# TYPE shop_open gauge
shop_open 3.0
"""


def panel(title: str, *queries: str, unit: str | None = "s", **more: Any) -> dict[str, Any]:
    defaults = {"defaults": {} if unit is None else {"unit": unit}}
    targets = [{"refId": "A", "expr": expr} for expr in queries]
    return {"title": title, "fieldConfig": defaults, "targets": targets, **more}


@check(
    "dashboard",
    points=1,
    feedback="Is every level looked at: each target, each selector of a query, folded rows?",
)
def lint_reads_every_query(run: Run) -> None:
    row = panel("row", unit=None, type="row")
    row["panels"] = [panel("folded", "rate(shop_order_total[5m])", unit="")]
    board = {
        "panels": [
            panel("fine", "sum by (le) (rate(shop_seconds_bucket[5m]))", "shop_open"),
            panel("base names", "rate(shop_orders[5m]) / rate(shop_seconds[5m])"),
            panel("second", "shop_open", "shop_opened + shop_orders_total"),
            panel("label", 'rate(shop_orders_total{way="web",kind="a",job="x"}[1m])'),
            panel("both", "shop_seconds_count", 'shop_open{le="1"}', unit=None),
            panel("made", 'slo:spent{slo="x"} > up{instance="a",zone="b"}'),
            panel("twice", "shop_seconds_sum", "1 + shop_seconds_sum"),
            row,
        ]
    }
    due = [
        ("base names", "unknown metric", "shop_orders"),
        ("base names", "unknown metric", "shop_seconds"),
        ("both", "bare counter", "shop_seconds_count"),
        ("both", "no unit", ""),
        ("both", "unknown label", "le"),
        ("folded", "no unit", ""),
        ("folded", "unknown metric", "shop_order_total"),
        ("label", "unknown label", "kind"),
        ("second", "bare counter", "shop_orders_total"),
        ("second", "unknown metric", "shop_opened"),
        ("twice", "bare counter", "shop_seconds_sum"),
    ]
    got = triples(run.call("lint", board, EXPOSED, ["up", "slo:spent"]))
    expect(got, "lint(eight panels), sorted").to_equal(due)
