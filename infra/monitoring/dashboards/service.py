"""Hold the dashboard that every service of ours has."""

from infra.monitoring.dashboards.model import Dashboard, Kind, Panel, Query, Row, Unit
from infra.monitoring.service_rules import ServiceTerms, service_objectives

_JOB = 'job="$job"'
_ASKED = f'{_JOB},route=~"/v1/.*"'


def service_dashboard(terms: ServiceTerms) -> Dashboard:
    """Return it, with the bounds that `terms` set."""
    names = tuple(objective.name for objective in service_objectives(terms))
    return Dashboard(
        "course-service",
        "Service",
        "What callers get, how much of what was promised is left, and what the model does.",
        (
            Row("Promises", (_spent(names), _burn(), _alerts())),
            Row("Callers", (_traffic(), _latency(terms), _refused())),
            Row("Model", (_versions(), _batches(), _queue())),
            Row("Data", (_drift(), _effects())),
        ),
    )


def _spent(names: tuple[str, ...]) -> Panel:
    queries = tuple(
        Query(f'slo:error_budget_spent:ratio{{{_JOB},slo="{name}"}}', name) for name in names
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


def _traffic() -> Panel:
    expr = f"sum by (status) (rate(serving_requests_total{{{_ASKED}}}[5m]))"
    about = "Requests by how they were answered."
    return Panel("Requests", (Query(expr, "{{status}}"),), about, Unit.PER_SECOND)


def _latency(terms: ServiceTerms) -> Panel:
    buckets = f'rate(serving_request_seconds_bucket{{{_ASKED},outcome="2xx"}}[5m])'
    queries = tuple(
        Query(f"histogram_quantile({q}, sum by (le) ({buckets}))", f"p{q * 100:g}")
        for q in (0.5, 0.95, 0.99)
    )
    about = "Of requests that were answered with a prediction."
    return Panel("Latency", queries, about, Unit.SECONDS, bound=terms.seconds)


def _refused() -> Panel:
    queries = (
        Query(f"sum by (reason) (rate(serving_shed_total{{{_JOB}}}[5m]))", "shed: {{reason}}"),
        Query(f"sum(rate(serving_quota_refused_total{{{_JOB}}}[5m]))", "quota"),
        Query(
            f"sum by (reason) (rate(serving_key_refused_total{{{_JOB}}}[5m]))", "key: {{reason}}"
        ),
    )
    about = "Shed: the service is too slow. Quota and key: the caller's own doing."
    return Panel("Refused", queries, about, Unit.PER_SECOND)


def _versions() -> Panel:
    expr = f"max by (version) (serving_model_live{{{_JOB}}}) == 1"
    queries = (Query(expr, "version {{version}}"),)
    return Panel("Model live", queries, "Two for a short while during a change.", kind=Kind.NEWEST)


def _batches() -> Panel:
    rates = [f"sum(rate(serving_batch_items_{part}{{{_JOB}}}[5m]))" for part in ("sum", "count")]
    queries = (Query(" / ".join(rates), "items a batch"),)
    return Panel("Batch size", queries, "1 without load; near the limit, the service is full.")


def _queue() -> Panel:
    queries = (Query(f"max by (instance) (serving_queue_items{{{_JOB}}})", "{{instance}}"),)
    return Panel("Queue", queries, "Items that wait; requests are shed where it grows.")


def _drift() -> Panel:
    queries = (Query(f"max by (feature) (drift_alarm{{{_JOB}}}) == 1", "{{feature}}"),)
    about = "Features whose newest window differs from the reference."
    return Panel("Drifted", queries, about, kind=Kind.NEWEST)


def _effects() -> Panel:
    queries = (Query(f"drift_effect{{{_JOB}}}", "{{feature}} ({{test}})"),)
    return Panel("Size of differences", queries, "Each in units of its test.")
