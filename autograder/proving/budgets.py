"""Whether a lab's right answer keeps well within the limits its learners get."""

from collections.abc import Sequence

from autograder.checks.verdict import Margin
from autograder.contract.lab import Lab
from autograder.proving.finding import Finding, Severity
from autograder.proving.trials import Trial
from autograder.proving.variants import Kind

# A learner's machine may be half as fast and her answer half as good.
_TIME_SHARE, _MEMORY_SHARE = 0.5, 0.8
_WIDE_MARGIN = 0.02


def check_budgets(lab: Lab, trials: Sequence[Trial]) -> list[Finding]:
    """Return findings for right answers that come close to the limits of time or memory."""
    limits = lab.manifest.limits
    findings = []
    for trial in _right(trials):
        for run in trial.card.runs if trial.card else ():
            if run.seconds > limits.seconds * _TIME_SHARE:
                findings.append(
                    Finding(
                        "time",
                        f"{trial.variant.label}: a run takes {run.seconds:.1f} s of the "
                        f"{limits.seconds:g} s allowed.",
                        "Make the lab's data smaller, or raise limits.seconds.",
                    )
                )
            if run.memory_mb > limits.memory_mb * _MEMORY_SHARE:
                findings.append(
                    Finding(
                        "memory",
                        f"{trial.variant.label}: a run holds {run.memory_mb:.0f} MiB of the "
                        f"{limits.memory_mb:g} MiB allowed.",
                        "Make the lab's data smaller, or raise limits.memory_mb.",
                    )
                )
    return findings


def check_margins(trials: Sequence[Trial]) -> list[Finding]:
    """Advise on thresholds that a right answer meets, or a mutant misses, by a hair.

    There is one finding for a check, of its closest call.
    """
    findings = []
    for check, calls in _close_calls(trials).items():
        label, closest = min(calls, key=lambda call: _closeness(call[1]))
        more = f", and {len(calls) - 1} more within {_WIDE_MARGIN:.0%}" if len(calls) > 1 else ""
        findings.append(
            Finding(
                "wide margins",
                f"{label}: {check} decides {closest.what} = {closest.value:.4g} "
                f"by a bound of {closest.bound:.4g}{more}.",
                "Move the bound or the data: so close a call will flake.",
                Severity.ADVISES,
            )
        )
    return findings


def _close_calls(trials: Sequence[Trial]) -> dict[str, list[tuple[str, Margin]]]:
    found: dict[str, list[tuple[str, Margin]]] = {}
    for trial in trials:
        for check, margins in trial.margins.items():
            for margin in margins:
                if _closeness(margin) < _WIDE_MARGIN:
                    found.setdefault(check, []).append((trial.variant.label, margin))
    return found


def _closeness(margin: Margin) -> float:
    return abs(margin.value - margin.bound) / max(1e-9, abs(margin.bound))


def _right(trials: Sequence[Trial]) -> list[Trial]:
    return [t for t in trials if t.variant.kind in (Kind.SOLUTION, Kind.ALTERNATE)]
