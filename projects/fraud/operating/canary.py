"""Compare a challenger with the champion on the same live payments, before it decides any."""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from infra.monitoring.drift import statistics

_BINS = 10


class CanaryVerdict(StrEnum):
    """Say what to do with a challenger."""

    GO_ON = "go on"
    WAIT = "wait"
    STOP = "stop"


@dataclass(frozen=True)
class CanaryConfig:
    """Configure how far a challenger's scores may lie from the champion's.

    Of the payments that either alerts on, a share of `least_shared` must be alerts of both; it is
    judged from `least_alerts` such payments on. `most_alerts` is how many times the champion's
    alerts the challenger may raise (or the inverse): investigators cannot check twice as many.
    `most_expected` says the same of the sum of the scores, which is how many frauds a model
    expects. Live labels come a week later; so this tells a broken model, not a better one.

    Models that learned twelve days apart shared 0.42 to 0.78 of their alerts, also where amounts
    rose by half between (eight simulated worlds); one that learned from labels dealt out at random
    shared at most 0.03 with them. PSI is told and not judged: isotonic calibration puts most
    payments on few steps, so that it was between 0.4 and 12 for models that were all good.
    """

    least_payments: int = 1000
    least_shared: float = 0.2
    least_alerts: int = 20
    most_alerts: float = 2.0
    most_expected: float = 2.0

    def __post_init__(self) -> None:
        if self.least_payments < 1 or self.least_alerts < 1:
            raise ValueError(f"least_payments and least_alerts must be 1 or more: {self}")
        if self.most_alerts <= 1 or self.most_expected <= 1:
            raise ValueError(f"most_alerts and most_expected must be above 1: {self}")
        if not 0 <= self.least_shared <= 1:
            raise ValueError(f"least_shared must be a share: {self}")


@dataclass(frozen=True)
class CanaryReport:
    """Hold what was compared; `switched_on` and `switched_off` are shares of all payments.

    `shared` is of the payments that either alerts on, `expected` the sums of the scores.
    """

    verdict: CanaryVerdict
    payments: int
    switched_on: float
    switched_off: float
    champion_alerts: int
    challenger_alerts: int
    champion_expected: float
    challenger_expected: float
    shared: float
    psi: float
    ks: float
    why: tuple[str, ...]

    @property
    def switched(self) -> float:
        """Return the share of payments that changed sides."""
        return self.switched_on + self.switched_off

    def in_words(self) -> tuple[str, ...]:
        """Say what was found, line by line: the verdict first."""
        return (
            f"{self.verdict}: {'; '.join(self.why)}",
            f"{self.payments} payments; {self.champion_alerts} alerts by the champion, "
            f"{self.challenger_alerts} by the challenger, {self.shared:.0%} of them by both",
            f"{self.champion_expected:.1f} and {self.challenger_expected:.1f} frauds expected; "
            f"PSI of the scores {self.psi:.3f}, KS {self.ks:.3f}",
        )


def compare_scores(
    champion: ArrayLike,
    challenger: ArrayLike,
    thresholds: tuple[float, float],
    config: CanaryConfig | None = None,
) -> CanaryReport:
    """Compare two models' scores of the same payments, in the same order (n,).

    `thresholds` are the champion's and the challenger's own. Raise ValueError where there are not
    as many of both. A score that is no probability stops the challenger at once.
    """
    config = config or CanaryConfig()
    old, new = np.asarray(champion, float), np.asarray(challenger, float)
    if old.shape != new.shape or old.ndim != 1:
        raise ValueError(f"both must score the same payments, have {old.shape} and {new.shape}")
    good = np.isfinite(new) & (new >= 0) & (new <= 1)
    if not good.all():
        why = f"{np.count_nonzero(~good)} scores of the challenger are no probability"
        return _nothing_but(CanaryVerdict.STOP, len(old), why)
    if len(old) < config.least_payments:
        why = f"{len(old)} payments of {config.least_payments} were seen"
        return _nothing_but(CanaryVerdict.WAIT, len(old), why)
    old_alerts, new_alerts = old >= thresholds[0], new >= thresholds[1]
    either = int((old_alerts | new_alerts).sum())
    found = CanaryReport(
        verdict=CanaryVerdict.GO_ON,
        payments=len(old),
        switched_on=float((new_alerts & ~old_alerts).mean()),
        switched_off=float((old_alerts & ~new_alerts).mean()),
        champion_alerts=int(old_alerts.sum()),
        challenger_alerts=int(new_alerts.sum()),
        champion_expected=float(old.sum()),
        challenger_expected=float(new.sum()),
        shared=int((old_alerts & new_alerts).sum()) / either if either else 1.0,
        psi=_psi(new, old),
        ks=statistics.ks_distance(np.sort(new), np.sort(old)),
        why=("the challenger's scores are like the champion's",),
    )
    objections = _objections(found, either, config)
    if objections:
        return replace(found, verdict=CanaryVerdict.STOP, why=objections)
    return found


def _nothing_but(verdict: CanaryVerdict, payments: int, why: str) -> CanaryReport:
    return CanaryReport(
        verdict=verdict,
        payments=payments,
        switched_on=0.0,
        switched_off=0.0,
        champion_alerts=0,
        challenger_alerts=0,
        champion_expected=0.0,
        challenger_expected=0.0,
        shared=0.0,
        psi=0.0,
        ks=0.0,
        why=(why,),
    )


def _objections(found: CanaryReport, either: int, config: CanaryConfig) -> tuple[str, ...]:
    objections = []
    if either >= config.least_alerts and found.shared < config.least_shared:
        objections.append(
            f"{found.shared:.2%} of alerts are of both, {config.least_shared:.2%} must be"
        )
    if _apart(found.champion_alerts, found.challenger_alerts, config.most_alerts):
        objections.append(
            f"{found.challenger_alerts} alerts in place of {found.champion_alerts}: "
            f"more than {config.most_alerts:g} times apart"
        )
    if _apart(found.champion_expected, found.challenger_expected, config.most_expected):
        objections.append(
            f"{found.challenger_expected:.1f} frauds expected in place of "
            f"{found.champion_expected:.1f}: more than {config.most_expected:g} times apart"
        )
    return tuple(objections)


def _apart(old: float, new: float, most: float) -> bool:
    # One more on each side: none at all is a ratio of its own.
    return not 1 / most <= (new + 1) / (old + 1) <= most


def _psi(window: NDArray[np.float64], reference: NDArray[np.float64]) -> float:
    edges = np.unique(np.quantile(reference, np.linspace(0, 1, _BINS + 1)[1:-1]))
    counts = [
        np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
        for values in (window, reference)
    ]
    return statistics.psi(counts[0].astype(np.int64), counts[1].astype(np.int64)).effect
