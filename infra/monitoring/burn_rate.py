"""Render objectives into rules that fire when an error budget burns too fast.

The windows and factors are those of "The Site Reliability Workbook", chapter 5, "Multiwindow,
Multi-Burn-Rate Alerts": the long window shows that it matters, the short one that it goes on.
"""

from dataclasses import dataclass

from infra.monitoring.objectives import Objective
from infra.monitoring.rules import Alert, Record, RuleGroup

_PREFIX = "slo:sli_error:ratio_rate"
_SECONDS = {"m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class Burn:
    """Fire when the budget burns `factor` times too fast over both windows.

    A factor of 1 uses a budget of 30 days up in 30 days; 14.4 uses 2 % of it in an hour.
    """

    factor: float
    long: str
    short: str
    severity: str


BURNS = (
    Burn(14.4, "1h", "5m", "page"),
    Burn(6, "6h", "30m", "page"),
    Burn(1, "3d", "6h", "ticket"),
)


def burn_rate_groups(objective: Objective) -> tuple[RuleGroup, RuleGroup]:
    """Return the group that records how bad each window was, and the one that alerts on it."""
    labels = {"slo": objective.name}
    windows = {window for burn in BURNS for window in (burn.long, burn.short)}
    records = [
        Record(f"{_PREFIX}{window}", objective.bad_share(window), labels)
        for window in sorted(windows, key=_seconds)
    ]
    chosen = f'{{slo="{objective.name}"}}'
    records += [
        Record("slo:error_budget:ratio", f"vector({objective.budget})", labels),
        # Each five minutes count alike, whatever the traffic: exact sums over weeks cost too much.
        Record(
            "slo:error_budget_spent:ratio",
            f"avg_over_time({_PREFIX}5m{chosen}[{objective.days}d]) / {objective.budget}",
            labels,
        ),
    ]
    alerts = tuple(_alert(objective, burn) for burn in BURNS)
    return (
        RuleGroup(f"{objective.name}_records", tuple(records)),
        RuleGroup(f"{objective.name}_alerts", alerts),
    )


def _alert(objective: Objective, burn: Burn) -> Alert:
    bound = f"({burn.factor} * {objective.budget})"
    chosen = f'{{slo="{objective.name}"}}'
    conditions = [f"{_PREFIX}{window}{chosen} > {bound}" for window in (burn.long, burn.short)]
    if objective.least_bad:
        bad = objective.indicator.bad(burn.long, objective.by)
        count = f"{bad} * {_seconds(burn.long)} >= {objective.least_bad}"
        conditions.append(f"on ({objective.by}) {count}")
    name = "".join(word.capitalize() for word in objective.name.split("_"))
    return Alert(
        f"{name}BudgetBurn",
        "\nand ".join(conditions),
        severity=burn.severity,
        summary=f"{{{{ $labels.{objective.by} }}}}: {objective.summary}",
        description=(
            f"{{{{ $value | humanizePercentage }}}} of events were bad in the last {burn.long}; "
            f"{float(objective.budget):.3%} may be. The budget of {objective.days} days burns at "
            f"least {burn.factor:g} times too fast."
        ),
        runbook=objective.runbook,
        labels={"slo": objective.name, "burn_rate": f"{burn.factor:g}"},
    )


def _seconds(window: str) -> int:
    return int(window[:-1]) * _SECONDS[window[-1]]
