"""Say how good fraud detection must be, and render rules from it."""

from dataclasses import dataclass

from infra.monitoring.burn_rate import burn_rate_groups
from infra.monitoring.objectives import BadEvents, Objective, SlowEvents
from infra.monitoring.rules import Alert, RuleGroup
from projects.fraud.operating.stale_minutes import StaleMinutes


@dataclass(frozen=True)
class FraudTerms:
    """Hold what is promised, and where the runbooks are.

    A share `fast` of decisions takes at most `seconds` from scheduled arrival, a bound of
    `fraud_decision_seconds`; a share `decided` of payments gets a decision; in a share `fresh` of
    minutes the newest decision is younger than `stale_seconds` or nothing waits. More than
    `most_open` cases are more than the investigators can check.
    """

    fast: float = 0.99
    seconds: float = 0.15
    decided: float = 0.999
    fresh: float = 0.995
    stale_seconds: float = 60
    most_open: int = 500
    label_seconds: float = 900
    runbooks: str = "projects/fraud/operating-runbook.html"


def fraud_objectives(terms: FraudTerms) -> tuple[Objective, Objective, Objective]:
    """Return the objectives of latency, availability and freshness of decisions."""
    return (
        Objective(
            "decision_latency",
            SlowEvents("fraud_decision_seconds", terms.seconds),
            terms.fast,
            f"too many decisions take longer than {terms.seconds * 1000:g} ms",
            f"{terms.runbooks}#decisions-are-slow",
        ),
        Objective(
            "decision_availability",
            BadEvents("fraud_payments_undecided_total", "fraud_payments_answered_total"),
            terms.decided,
            "too many payments get no decision",
            f"{terms.runbooks}#payments-without-a-decision",
        ),
        Objective(
            "decision_freshness",
            StaleMinutes(
                "fraud_newest_decision_timestamp_seconds",
                "fraud_payments_waiting",
                terms.stale_seconds,
            ),
            terms.fresh,
            "payments wait and no decision is made",
            f"{terms.runbooks}#decisions-stand-still",
        ),
    )


def fraud_groups(terms: FraudTerms) -> tuple[RuleGroup, ...]:
    """Return the rules of the objectives, and those on drift, labels and the queue."""
    burning = [
        group for objective in fraud_objectives(terms) for group in burn_rate_groups(objective)
    ]
    return (*burning, _drift(terms), _desk(terms))


def _drift(terms: FraudTerms) -> RuleGroup:
    return RuleGroup(
        "fraud_drift",
        (
            _ticket(
                terms,
                "FraudDriftConfirmed",
                "max by (job, watch) (fraud_drift_confirmed) == 1",
                "{{ $labels.job }}: {{ $labels.watch }} have drifted",
                "Enough of the last windows differ from the reference. Features alone: the world "
                "changed. Scores alone: the pipeline or the model did. Labels alone: a new kind "
                "of fraud that the model does not see.",
            ),
            _ticket(
                terms,
                "FraudDriftNotWatched",
                # A watch that never ran has no series, and a file that was lost has none any more.
                "fraud_drift_judged_timestamp_seconds < time() - 172800 "
                "or absent(fraud_drift_judged_timestamp_seconds)",
                "{{ with $labels.job }}{{ . }}: {{ end }}no day was judged for two days",
                "The watch does not run or its figures do not reach Prometheus, or days have too "
                "few payments.",
                lasting="1h",
            ),
            _ticket(
                terms,
                "FraudRetrainingNotStarted",
                "fraud_retraining_due == 1",
                "{{ $labels.job }}: a retraining is due and was not started",
                "What starts retrainings refuses or is away; the watch goes on trying.",
                lasting="1h",
            ),
        ),
    )


def _desk(terms: FraudTerms) -> RuleGroup:
    return RuleGroup(
        "fraud_desk",
        (
            _ticket(
                terms,
                "FraudLabelsWait",
                f"investigation_oldest_label_seconds > {terms.label_seconds:g}",
                "{{ $labels.job }}: verdicts do not reach the labels' topic",
                "The relay is down or Kafka refuses. Nothing is lost, the outbox keeps them.",
                lasting="5m",
            ),
            _ticket(
                terms,
                "FraudQueueTooLong",
                f"investigation_open_cases > {terms.most_open}",
                "{{ $labels.job }}: {{ $value }} cases are open",
                "More than can be checked: raise the threshold, or look for drift in scores.",
                lasting="1h",
            ),
        ),
    )


def _ticket(
    terms: FraudTerms, name: str, expr: str, summary: str, why: str, lasting: str = "0s"
) -> Alert:
    return Alert(name, expr, "ticket", summary, why, f"{terms.runbooks}#{name.lower()}", lasting)
