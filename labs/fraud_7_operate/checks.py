"""The checks that you can read: they run with your own seed, and again with others."""

import numpy as np
import traffic
from asking import (
    BEGIN,
    INF,
    alerts_of,
    answer_of,
    bounds_of,
    event,
    panel_of,
    rules_of,
    scraped,
    steady,
    triples,
)
from querying import query

from autograder.checks import Run, check, expect

OBJECTIVE = {
    "name": "decision_latency",
    "histogram": "fraud_decision_seconds",
    "seconds": 0.15,
    "target": 0.99,
    "jobs": ["fraud-scorer"],
    "burns": [{"factor": 6, "long": "30m", "short": "5m", "severity": "page"}],
    "least_bad": 5,
    "runbook": "https://runbooks/decision_latency",
}


@check("export", points=1)
def counts_decisions_and_dead_letters(run: Run) -> None:
    events = [
        event(0, 40),
        event(10, 55, True),
        event(20, 70, None, "schema: field amount is missing"),
        event(30, 30),
        event(40, 90, None, "disk full"),
    ]
    text = run.call("exposition", events, 0.15, float(BEGIN), {0: 3})
    got = scraped(text, "exposition(five events)")
    due = {
        ("fraud_decisions_total", (("alert", "yes"),)): 1.0,
        ("fraud_decisions_total", (("alert", "no"),)): 2.0,
        ("fraud_dead_letters_total", (("reason", "schema"),)): 1.0,
        ("fraud_dead_letters_total", (("reason", "other"),)): 1.0,
    }
    for (name, labels), value in due.items():
        label, text = labels[0]
        found = got.get((name, labels))
        expect(found, f'{name}{{{label}="{text}"}} after five events').to_equal(value)


@check("export", points=1, feedback="Events come in milliseconds.")
def measures_in_seconds(run: Run) -> None:
    events = [event(0, 41), event(50, 123), event(60, 801), event(70, -4), event(5, 9, None, "x")]
    got = scraped(run.call("exposition", events, 0.15, float(BEGIN), {}), "exposition(…)")
    name = "fraud_decision_seconds"
    expect(got.get((f"{name}_count", ())), f"{name}_count").to_equal(4.0)
    expect(got.get((f"{name}_sum", ())), f"{name}_sum").to_equal(0.965, tol=1e-6)
    within = {round(bound, 9): count for bound, count in bounds_of(got).items()}
    expect(within.get(0.15), f'{name}_bucket{{le="0.15"}}').to_equal(3.0)


@check("quantile", points=1)
def grows_over_a_restart(run: Run) -> None:
    samples = [(0, 10.0), (60, 25.0), (120, 4.0), (180, 9.0)]
    # 15 more, then a new process that has counted 4 already, then 5 more.
    expect(run.call("increase", samples, 0, 180), "increase(…, 0, 180)").to_equal(24.0, tol=1e-9)
    expect(run.call("increase", samples, 60, 120), "increase(…, 60, 120)").to_equal(4.0, tol=1e-9)
    got = run.call("increase", samples, 130, 200)
    expect(got, "increase(one sample in the window)").to_equal(None)


@check("quantile", points=1)
def interpolates_inside_the_bucket(run: Run) -> None:
    buckets = {0.1: 50.0, 0.2: 90.0, 0.4: 99.0, INF: 100.0}
    # Rank 70 is half-way through the 40 events between 0.1 and 0.2.
    got = run.call("bucket_quantile", 0.7, buckets)
    expect(got, "bucket_quantile(0.7, …)").to_equal(0.15, tol=1e-9)
    got = run.call("bucket_quantile", 0.25, buckets)
    expect(got, "bucket_quantile(0.25, …)").to_equal(0.05, tol=1e-9)


@check("quantile", points=1)
def knows_where_its_knowledge_ends(run: Run) -> None:
    buckets = {0.1: 5.0, 0.2: 8.0, INF: 100.0}
    got = run.call("bucket_quantile", 0.95, buckets)
    expect(got, "bucket_quantile(0.95, most are beyond 0.2)").to_equal(0.2, tol=1e-9)
    got = run.call("bucket_quantile", 0.95, {0.1: 0.0, INF: 0.0})
    expect(got, "bucket_quantile(0.95, nothing happened)").to_equal(None)


@check("burn", points=1)
def weighs_events_not_minutes(run: Run) -> None:
    bad, total = np.array([1.0, 3.0, np.nan, 0.0]), np.array([2.0, 998.0, np.nan, 0.0])
    # 4 of 1,000 were bad, 10 might have been.
    got = run.call("budget_left", bad, total, 0.99)
    expect(got, "budget_left(4 of 1,000 bad, 0.99)").to_equal(0.6, tol=1e-9)
    got = run.call("budget_left", np.array([0.0]), np.array([0.0]), 0.99)
    expect(got, "budget_left(no event)").to_equal(None)


@check("burn", points=1)
def burns_over_a_window(run: Run) -> None:
    bad, total = np.array([0.0, 2.0, 4.0, np.nan, 0.0]), np.array([100.0, 100, 300, np.nan, 0.0])
    got = run.call("burn_rates", bad, total, 2, 0.99)
    # The last: minute 3 is not known and minute 4 without an event, so there is nothing to say.
    due = [0.0, 1.0, 1.5, 4 / 3, np.nan]
    expect(got, "burn_rates(five minutes, 2, 0.99)").to_be_a(np.ndarray, list)
    expect(got, "burn_rates(five minutes, 2, 0.99)").to_equal(np.array(due), tol=1e-9)


@check("burn", points=1)
def two_windows_decide(run: Run) -> None:
    bad, total = np.zeros(40), np.full(40, 100.0)
    bad[10:16] = 30.0
    rules = [(4.5, 12, 3, "page")]
    got = run.call("alert_states", bad, total, 0.99, rules, 5, 5)
    # Minute 11 is the first with 60 bad of 1,200; at 17, one of the last three is still bad.
    due = ["page" if 11 <= minute <= 17 else "ok" for minute in range(40)]
    expect(got, "alert_states(six bad minutes)").to_equal(due)


@check("rules", points=1)
def rules_say_whom_and_what(run: Run) -> None:
    rules = rules_of(run.call("alert_rules", OBJECTIVE), "alert_rules(…)")
    alerts = [expect(r, f"the alert {r['alert']!r}") for r in rules if "record" not in r]
    expect([one.value.get("alert") for one in alerts], "the alerts").to_contain("NoData")
    expect([one.value.get("alert") for one in alerts], "the alerts").to_contain("BudgetBurn")
    for one in alerts:
        one.at("labels", "slo").to_equal("decision_latency")
        one.at("labels", "severity").to_equal("page")
        one.at("annotations", "runbook_url").to_equal(OBJECTIVE["runbook"])
        one.at("annotations", "summary").to_be_a(str)


@check("rules", points=1)
def fires_for_the_job_that_burns(run: Run) -> None:
    series = [
        *steady("fraud-scorer", "a", slow=0, total=100),
        *steady("fraud-scorer", "b", slow=5, total=10),
        *steady("fraud-canary", "c", slow=8, total=100),
    ]
    rules = run.call("alert_rules", OBJECTIVE)
    got = alerts_of(rules, series, BEGIN + 40 * 60, "alert_rules(…)")
    # 5 of 110 are slow at the scorer, less than 6 times the budget: its instances count together.
    due = [("BudgetBurn", "page", "fraud-canary")]
    expect(got, "what fires after 40 minutes (alert, severity, job)").to_equal(due)


@check("dashboard", points=1)
def shows_the_latency_of_the_fleet(run: Run) -> None:
    series = traffic.series(run.parameters["seed"])
    board = run.call("dashboard", "fraud-scorer", 0.15, 0.99)
    panel = panel_of(board, "Latency p95")
    panel.at("fieldConfig", "defaults", "unit").to_equal("s")
    expr = panel.at("targets", 0, "expr").value
    got = answer_of(expr, series, BEGIN + 1800, "the query of 'Latency p95'")
    due = query(
        'histogram_quantile(0.95, sum(rate(fraud_decision_seconds_bucket{job="fraud-scorer"}[5m]))'
        " by (le))",
        series,
        BEGIN + 1800,
    )
    expect(got, "what 'Latency p95' shows, (labels, value)").to_equal(due, tol=1e-6)


@check("dashboard", points=1)
def lint_finds_what_is_asked_in_vain(run: Run) -> None:
    exposed = '# TYPE a_seconds counter\na_seconds_total{way="in"} 3\n'
    unit = {"defaults": {"unit": "s"}}
    board = {
        "panels": [
            {
                "title": "typo",
                "fieldConfig": unit,
                "targets": [{"expr": "rate(a_second_total[5m])"}],
            },
            {"title": "bare", "fieldConfig": unit, "targets": [{"expr": "sum(a_seconds_total)"}]},
            {
                "title": "good",
                "fieldConfig": unit,
                "targets": [{"expr": "rate(a_seconds_total[1m])"}],
            },
            {"title": "blank", "targets": [{"expr": 'up{job="a"}'}]},
            {"title": "words", "type": "text"},
        ]
    }
    got = triples(run.call("lint", board, exposed, ["up"]))
    due = [
        ("bare", "bare counter", "a_seconds_total"),
        ("blank", "no unit", ""),
        ("typo", "unknown metric", "a_second_total"),
    ]
    expect(got, "lint(five panels), sorted").to_equal(due)


@check("load", points=1)
def counts_from_the_schedule(run: Run) -> None:
    due = np.arange(9) / 10
    # The sender was held up by 0.3 s in the middle, and the answer came at once then.
    sent = due + np.array([0, 0, 0, 0.3, 0.2, 0.1, 0, 0, 0])
    log = {"due": due, "sent": sent, "done": sent + 0.01}
    got = expect(run.call("summarise", log, 0.0), "summarise(nine requests)").to_be_a(dict)
    got.at("requests").to_equal(9)
    got.at("p50").to_equal(0.01, tol=1e-9)
    got.at("p95").to_equal(0.31, tol=1e-9)


@check("load", points=1)
def finds_what_a_plain_server_bears(run: Run) -> None:
    service = {"fixed": 0.01, "row": 0.0, "spread": 0.0, "contention": 0.0, "patience": 9.0}
    service |= {"cold_seconds": 0.0, "cold": 1.0, "pause": None, "seed": run.parameters["seed"]}
    one = {"workers": 1, "batch": 1, "wait": 0.0}
    # Ten milliseconds each: 100 a second and no more.
    got = run.call("highest_rate", service, one, [40, 70, 90, 130, 200], 0.05, 10, 2)
    expect(got, "highest_rate(10 ms each, rates 40 to 200)").to_equal(90)
    got = run.call("highest_rate", service, one, [130, 200], 0.05, 10, 2)
    expect(got, "highest_rate(10 ms each, rates 130 and 200)").to_equal(0)


@check("tune", points=1)
def fits_what_was_measured(run: Run) -> None:
    sizes = np.array([1, 2, 4, 8, 1, 2, 4, 8])
    got = run.call("fit_service", sizes, 0.005 + 0.002 * sizes)
    expect(got, "fit_service(5 ms and 2 ms a row)").to_equal(
        {"fixed": 0.005, "row": 0.002}, tol=1e-9
    )
