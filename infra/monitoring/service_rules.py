"""Hold the rules that every service of ours has, whatever it serves."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra.monitoring.burn_rate import burn_rate_groups
from infra.monitoring.objectives import BadEvents, Objective, SlowEvents
from infra.monitoring.rules import Alert, RuleGroup

_ASKED = 'route=~"/v1/.*"'


@dataclass(frozen=True)
class ServiceTerms:
    """Hold what services promise, and where their runbooks are.

    A share `available` of requests is not answered with 5xx, a share `fast` of predictions takes at
    most `seconds`, a bound of `serving_request_seconds`.
    """

    available: float = 0.999
    fast: float = 0.99
    seconds: float = 0.15
    runbooks: str = "stack/monitoring.html"


def service_objectives(terms: ServiceTerms) -> tuple[Objective, Objective]:
    """Return the objectives of availability and of latency."""
    return (
        Objective(
            "availability",
            BadEvents(
                f'serving_requests_total{{{_ASKED},status=~"5.."}}',
                f"serving_requests_total{{{_ASKED}}}",
            ),
            terms.available,
            "too many requests fail",
            f"{terms.runbooks}#requests-fail",
        ),
        Objective(
            "latency",
            SlowEvents("serving_request_seconds", terms.seconds, f'{_ASKED},outcome="2xx"'),
            terms.fast,
            f"too many answers take longer than {terms.seconds * 1000:g} ms",
            f"{terms.runbooks}#answers-are-slow",
        ),
    )


def service_groups(terms: ServiceTerms) -> tuple[RuleGroup, ...]:
    """Return the rules of both objectives."""
    return tuple(
        group for objective in service_objectives(terms) for group in burn_rate_groups(objective)
    )


def watch_groups(terms: ServiceTerms, jobs: Sequence[str] = ()) -> tuple[RuleGroup, ...]:
    """Return the rules that watch the watching, models and data.

    `jobs` are those that must be there: one that nobody scrapes any more has no series on which
    another rule could fire.
    """

    def alert(
        name: str, expr: str, severity: str, summary: str, why: str, lasting: str = "0s"
    ) -> Alert:
        runbook = f"{terms.runbooks}#{name.lower()}"
        return Alert(name, expr, severity, summary, why, runbook, lasting)

    watching = [
        alert(
            "DeadMansSwitch",
            "vector(1)",
            "heartbeat",
            "Prometheus evaluates rules and reaches Alertmanager",
            "Fires always. Who receives it must raise the alarm when it stops.",
        ),
        alert(
            "ServiceDown",
            "max by (job) (up) == 0",
            "page",
            "{{ $labels.job }}: no instance can be scraped",
            "Every instance of the job has been away for a minute.",
            lasting="1m",
        ),
        alert(
            "InstanceDown",
            "up == 0",
            "ticket",
            "{{ $labels.job }}: {{ $labels.instance }} cannot be scraped",
            "The instance has been away for five minutes; others may answer for it.",
            lasting="5m",
        ),
        *(
            alert(
                "JobMissing",
                f'absent(up{{job="{job}"}})',
                "page",
                f"{job}: Prometheus does not know it any more",
                "No target of this job is configured or discovered, so no other rule can fire.",
                lasting="5m",
            )
            for job in jobs
        ),
    ]
    serving = [
        alert(
            "ServiceNotReady",
            "serving_ready == 0",
            "ticket",
            "{{ $labels.job }}: {{ $labels.instance }} is not ready",
            "/health/ready says what stands in the way.",
            lasting="5m",
        ),
        alert(
            "ModelRefused",
            'increase(serving_model_swaps_total{outcome="refused"}[15m]) > 0',
            "ticket",
            "{{ $labels.job }}: a new model was refused",
            "It could not be loaded, or failed on the example of the API. The old one answers.",
        ),
    ]
    data = [
        alert(
            "DataDrift",
            "max by (job, feature) (drift_alarm) == 1",
            "ticket",
            "{{ $labels.job }}: {{ $labels.feature }} is not what it was",
            "The newest window differs from the reference by more than chance and more than the "
            "effect that was said to matter.",
        ),
        alert(
            "DriftNotWatched",
            "0 < drift_judged_timestamp_seconds < time() - 86400",
            "ticket",
            "{{ $labels.job }}: no window was judged for a day",
            "The detector does not run, or windows have too few rows.",
        ),
    ]
    return (
        RuleGroup("watching", tuple(watching)),
        RuleGroup("serving", tuple(serving)),
        RuleGroup("data", tuple(data)),
    )
