"""Hold what the trials gave against what the author says of them."""

from collections.abc import Iterable, Sequence

from autograder.checks import Verdict
from autograder.contract.lab import Lab
from autograder.proving.finding import Finding
from autograder.proving.trials import Trial
from autograder.proving.variants import Kind, first_half
from autograder.scoring import CheckScore

_SHOWN = 5


def judge_trials(lab: Lab, trials: Sequence[Trial]) -> list[Finding]:
    """Return a finding for every variant that did not earn what it should."""
    findings = [finding for trial in trials for finding in _judge_one(lab, trial)]
    solutions = [t for t in trials if t.variant.kind is Kind.SOLUTION and t.card]
    findings += _same_twice(solutions)
    return findings


def _judge_one(lab: Lab, trial: Trial) -> list[Finding]:
    label = trial.variant.label
    if trial.card is None:
        return [Finding("graded", f"{label}: could not be graded: {trial.problem}")]
    faults = [
        Finding("check holds", f"{label}: {check.id} is at fault itself: {check.message}")
        for check in trial.card.author_faults
    ]
    if trial.variant.kind is Kind.UNTOUCHED:
        return faults + _judge_untouched(trial)
    if trial.variant.kind is Kind.MUTANT:
        return faults + _judge_mutant(trial)
    if trial.variant.kind is Kind.HALF:
        return faults + _judge_half(lab, trial)
    return faults + _judge_right(trial)


def _judge_right(trial: Trial) -> list[Finding]:
    assert trial.card is not None
    if trial.card.status != "graded":
        return [Finding("full marks", f"{trial.variant.label}: {trial.card.problem}")]
    missed = [c for c in trial.card.checks().values() if c.verdict is not Verdict.PASSED]
    if not missed:
        return []
    what = "the solution" if trial.variant.kind is Kind.SOLUTION else "this right answer"
    return [
        Finding(
            "full marks",
            f"{trial.variant.label}: earns {trial.card.score:g} of {trial.card.max_score:g}. "
            f"{_tell(missed)}",
            f"Either {what} is wrong, or the check is too strict.",
        )
    ]


def _judge_untouched(trial: Trial) -> list[Finding]:
    assert trial.card is not None
    findings = []
    if trial.card.score:
        earning = ", ".join(c.id for c in trial.card.checks().values() if c.points)
        findings.append(
            Finding("starter earns nothing", f"the untouched release earns points from {earning}.")
        )
    for task in trial.card.tasks:
        if task.verdict is not Verdict.UNATTEMPTED:
            findings.append(
                Finding(
                    "starter is unattempted",
                    f"untouched, the task {task.id} reads {task.verdict}, not unattempted.",
                    "Does its answer cell hold more than the frame outside the solution region?",
                )
            )
    return findings


def _judge_half(lab: Lab, trial: Trial) -> list[Finding]:
    assert trial.card is not None
    done = {task.id for task in first_half(lab)}
    findings = []
    for task in trial.card.tasks:
        due = Verdict.PASSED if task.id in done else Verdict.UNATTEMPTED
        if task.verdict is not due:
            findings.append(
                Finding(
                    "half is worth its half",
                    f"half done: the task {task.id} reads {task.verdict}, not {due}. "
                    f"{_tell(c for c in task.checks if c.verdict is not due)}",
                    "Does a task stand on one that comes later?",
                )
            )
    return findings


def _judge_mutant(trial: Trial) -> list[Finding]:
    assert trial.card is not None
    lost, named = trial.lost(), trial.variant.loses
    checks = trial.card.checks()
    name = trial.variant.name
    findings = []
    if extra := lost - named:
        told = _tell(checks[c] for c in sorted(extra))
        findings.append(
            Finding(
                "mutant loses what it names",
                f"mutant {name}: also loses {', '.join(sorted(extra))}. {told}",
                "Name them in `loses` if the error deserves it; else the check asks too much.",
            )
        )
    if kept := named - lost:
        findings.append(
            Finding(
                "mutant loses what it names",
                f"mutant {name}: does not lose {', '.join(sorted(kept))}, so this wrong answer "
                f"({trial.variant.why}) earns their points.",
                "Sharpen the check: which input tells this answer from a right one?",
            )
        )
    crashed = [c for c in (checks[i] for i in sorted(lost & named)) if not _by_verdict(c)]
    if crashed:
        findings.append(
            Finding(
                "mutant loses by verdict",
                f"mutant {name}: loses by a crash, not by a verdict. {_tell(crashed)}",
                "A wrong answer that crashes is told apart by anyone; make it run and be wrong.",
            )
        )
    return findings


def _by_verdict(check: CheckScore) -> bool:
    """Tell whether a lost check speaks of the answer: it failed, or waits for one that did."""
    return check.verdict in (Verdict.FAILED, Verdict.NOT_RUN)


def _same_twice(solutions: Sequence[Trial]) -> list[Finding]:
    seen = [
        [(c.id, c.verdict, c.message) for c in trial.card.checks().values()]
        for trial in solutions
        if trial.card
    ]
    if len(seen) == 2 and seen[0] != seen[1]:
        differing = [a[0] for a, b in zip(*seen, strict=True) if a != b]
        return [
            Finding(
                "twice the same",
                f"two runs of the solution differ in {', '.join(differing)}.",
                "Seed what is random; do not depend on time or order.",
            )
        ]
    return []


def every_check_is_lost(lab: Lab, trials: Sequence[Trial]) -> list[Finding]:
    """Return a finding for each check that no wrong answer loses."""
    lost = frozenset[str]().union(*(t.lost() for t in trials if t.variant.kind is Kind.MUTANT))
    return [
        Finding(
            "every check is needed",
            f"no mutant loses {check.id}: nothing shows that it can fail.",
            "Add the wrong answer that it is there for, or drop the check.",
        )
        for check in lab.checks
        if check.id not in lost
    ]


def _tell(checks: Iterable[CheckScore]) -> str:
    told = [f"{c.id} {c.verdict}: {c.message}" for c in checks]
    more = f" … and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return "; ".join(told[:_SHOWN]) + more
