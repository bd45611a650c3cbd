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
    """Say how far a challenger's scores may lie from the champion's.

    `most_switched` is the share of payments that may change sides of the threshold, and
    `most_alerts` how many times the champion's alerts the challenger may raise (or the inverse):
    investigators cannot check twice as many. `most_psi` bounds the difference of the scores'
    distributions. Live labels come a week later; so this tells a broken model, not a better one.
    """

    least_payments: int = 1000
    most_switched: float = 0.02
    most_alerts: float = 2.0
    most_psi: float = 0.25

    def __post_init__(self) -> None:
        if self.least_payments < 1 or self.most_alerts <= 1:
            raise ValueError(f"least_payments >= 1 and most_alerts > 1 must hold: {self}")
        if not 0 < self.most_switched < 1 or self.most_psi <= 0:
            raise ValueError(f"most_switched in (0, 1) and most_psi > 0 must hold: {self}")


@dataclass(frozen=True)
class CanaryReport:
    """Hold what was compared; shares are of all payments, `psi` and `ks` of the scores."""

    verdict: CanaryVerdict
    payments: int
    switched_on: float
    switched_off: float
    champion_alerts: int
    challenger_alerts: int
    psi: float
    ks: float
    why: tuple[str, ...]

    @property
    def switched(self) -> float:
        """Return the share of payments that changed sides."""
        return self.switched_on + self.switched_off


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
        return CanaryReport(CanaryVerdict.STOP, len(old), 0.0, 0.0, 0, 0, 0.0, 0.0, (why,))
    old_alerts, new_alerts = old >= thresholds[0], new >= thresholds[1]
    size = max(1, len(old))
    found = CanaryReport(
        CanaryVerdict.WAIT,
        len(old),
        np.count_nonzero(new_alerts & ~old_alerts) / size,
        np.count_nonzero(old_alerts & ~new_alerts) / size,
        int(old_alerts.sum()),
        int(new_alerts.sum()),
        _psi(new, old) if len(old) else 0.0,
        statistics.ks_distance(np.sort(new), np.sort(old)) if len(old) else 0.0,
        (f"{len(old)} payments of {config.least_payments} were seen",),
    )
    if len(old) < config.least_payments:
        return found
    objections = _objections(found, config)
    if objections:
        return replace(found, verdict=CanaryVerdict.STOP, why=objections)
    told = ("the challenger's scores are like the champion's",)
    return replace(found, verdict=CanaryVerdict.GO_ON, why=told)


def _objections(found: CanaryReport, config: CanaryConfig) -> tuple[str, ...]:
    # One alert more on each side: none at all is a ratio of its own.
    ratio = (found.challenger_alerts + 1) / (found.champion_alerts + 1)
    objections = []
    if found.switched > config.most_switched:
        objections.append(
            f"{found.switched:.2%} of payments change sides, {config.most_switched:.2%} may"
        )
    if not 1 / config.most_alerts <= ratio <= config.most_alerts:
        objections.append(
            f"{found.challenger_alerts} alerts in place of {found.champion_alerts}: "
            f"more than {config.most_alerts:g} times apart"
        )
    if found.psi > config.most_psi:
        objections.append(f"PSI of the scores is {found.psi:.3f}, {config.most_psi:g} may be")
    return tuple(objections)


def _psi(window: NDArray[np.float64], reference: NDArray[np.float64]) -> float:
    edges = np.unique(np.quantile(reference, np.linspace(0, 1, _BINS + 1)[1:-1]))
    counts = [
        np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1)
        for values in (window, reference)
    ]
    return statistics.psi(counts[0].astype(np.int64), counts[1].astype(np.int64)).effect
