"""Hold the dashboard of fraud detection, from the promise to the queue of investigators."""

from infra.monitoring.dashboards.model import Dashboard, Kind, Panel, Query, Row, Unit
from projects.fraud.operating.objectives import FraudTerms, fraud_objectives

_JOB = 'job="$job"'
_FIVE = "[5m]"


def fraud_dashboard(terms: FraudTerms) -> Dashboard:
    """Return it, with the bounds that `terms` set."""
    return Dashboard(
        "course-fraud",
        "Fraud detection",
        "Whether payments are decided in time, what is found, and whether the world has changed.",
        (
            Row("Promises", (_spent(terms), _burn(), _alerts())),
            Row("Decisions", (_latency(terms), _decided(), _waiting())),
            Row("What is found", (_alert_share(), _versions(), _desk())),
            Row("Drift", (_drift(), _effects(), _volume())),
        ),
    )


def _spent(terms: FraudTerms) -> Panel:
    queries = tuple(
        Query(f'slo:error_budget_spent:ratio{{{_JOB},slo="{one.name}"}}', one.name)
        for one in fraud_objectives(terms)
    )
    about = "Of the bad events that may be in 30 days; past 100 % the promise is broken."
    return Panel("Error budget spent", queries, about, Unit.SHARE, Kind.NEWEST, 1.0)


def _burn() -> Panel:
    expr = f"slo:sli_error:ratio_rate1h{{{_JOB}}} / on (slo) group_left () slo:error_budget:ratio"
    about = "How many times too fast the budget burnt in the last hour; 14.4 pages."
    return Panel("Burn rate", (Query(expr, "{{slo}}"),), about, bound=14.4)


def _alerts() -> Panel:
    expr = f'count by (alertname, severity) (ALERTS{{{_JOB},alertstate="firing"}})'
    queries = (Query(expr, "{{alertname}} ({{severity}})"),)
    return Panel("Alerts that fire", queries, "None is as it should be.", kind=Kind.NEWEST)


def _latency(terms: FraudTerms) -> Panel:
    buckets = f"sum by (le) (rate(fraud_decision_seconds_bucket{{{_JOB}}}{_FIVE}))"
    queries = tuple(
        Query(f"histogram_quantile({q}, {buckets})", f"p{q * 100:g}") for q in (0.5, 0.95, 0.99)
    )
    about = "From scheduled arrival to decision: what a payment waited counts."
    return Panel("Latency", queries, about, Unit.SECONDS, bound=terms.seconds)


def _decided() -> Panel:
    queries = (
        Query(f"sum(rate(fraud_published_decisions_total{{{_JOB}}}{_FIVE}))", "decided"),
        Query(f"sum(rate(fraud_payments_undecided_total{{{_JOB}}}{_FIVE}))", "not decided"),
    )
    return Panel("Payments", queries, "What is not decided is a dead letter.", Unit.PER_SECOND)


def _waiting() -> Panel:
    queries = (
        Query(f"sum(fraud_payments_waiting{{{_JOB}}})", "payments that wait"),
        Query(
            f"time() - max(fraud_newest_decision_timestamp_seconds{{{_JOB}}})",
            "seconds since the last decision",
        ),
    )
    return Panel("Waiting", queries, "Both growing together: the scorer stands still.")


def _alert_share() -> Panel:
    alerts, all_of_them = (
        f"sum(rate(fraud_published_decisions_total{{{chosen}}}[1h]))"
        for chosen in (f'{_JOB},alert="yes"', _JOB)
    )
    queries = (Query(f"{alerts} / {all_of_them}", "alerts"),)
    about = "Share of payments with an alert; a jump means drift, an attack, or a bad model."
    return Panel("Alert share", queries, about, Unit.SHARE)


def _versions() -> Panel:
    expr = f"max by (version) (fraud_deciding_model{{{_JOB}}}) == 1"
    queries = (Query(expr, "version {{version}}"),)
    return Panel("Model live", queries, "Two for a short while during a change.", kind=Kind.NEWEST)


def _desk() -> Panel:
    queries = (
        Query("max(investigation_open_cases)", "open cases"),
        Query("max(investigation_labels_waiting)", "labels not sent"),
        Query(
            "sum by (verdict) (increase(investigation_verdicts_total[1d]))", "{{verdict}}, a day"
        ),
    )
    return Panel("Investigators", queries, "Of the desk, whichever job is chosen.")


def _drift() -> Panel:
    queries = (
        Query("max by (watch) (fraud_drift_alarm)", "{{watch}}: newest day"),
        Query("max by (watch) (fraud_drift_confirmed)", "{{watch}}: confirmed"),
    )
    about = "Features, scores and labels apart: which of them moved says what happened."
    return Panel("Drift", queries, about, kind=Kind.NEWEST)


def _effects() -> Panel:
    queries = (Query("fraud_drift_effect", "{{watch}}: {{feature}} ({{test}})"),)
    return Panel("Size of differences", queries, "Each in units of its test.")


def _volume() -> Panel:
    queries = (Query("fraud_drift_payments", "payments of the newest day"),)
    return Panel("Volume", queries, "Traffic alone is no drift: it is shown, and alarms nobody.")
