"""Count what a cohort found hard."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from autograder.checks.verdict import Verdict
from autograder.reporting.entries import Entry
from autograder.scoring import CheckScore, Status

BINS = 10


@dataclass(frozen=True)
class Overview:
    """Hold the cohort in a few numbers; mean and median are over the graded submissions."""

    submissions: int
    graded: int
    rejected: int
    crashed: int
    late: int
    full: int
    nothing: int
    mean: float
    median: float
    max_score: float
    seconds: float


@dataclass(frozen=True)
class TaskFigures:
    """Hold how a task went: submissions by verdict, and the mean share of its points (0 to 1)."""

    id: str
    title: str
    verdicts: dict[Verdict, int]
    share: float
    max_points: float


@dataclass(frozen=True)
class CheckFigures:
    """Hold how one check went over the cohort.

    `lost` sums the points it took. `held_out` counts those who passed it with their own
    parameters alone. `message` is what was said most often to those who missed it.
    """

    id: str
    hidden: bool
    verdicts: dict[Verdict, int]
    lost: float
    held_out: int
    message: str
    said: int

    @property
    def missed(self) -> int:
        return self.verdicts[Verdict.FAILED] + self.verdicts[Verdict.ERRORED]


def overview(entries: Sequence[Entry]) -> Overview:
    """Sum the cohort up."""
    graded = [entry for entry in entries if entry.card.status is Status.GRADED]
    scores = [entry.score for entry in graded]
    statuses = Counter(entry.card.status for entry in entries)
    return Overview(
        submissions=len(entries),
        graded=len(graded),
        rejected=statuses[Status.REJECTED],
        crashed=statuses[Status.CRASHED],
        late=sum(entry.late for entry in entries),
        full=sum(entry.score >= entry.card.max_score for entry in graded),
        nothing=sum(score == 0 for score in scores),
        mean=fmean(scores) if scores else 0.0,
        median=median(scores) if scores else 0.0,
        max_score=max((entry.card.max_score for entry in entries), default=0.0),
        seconds=sum(entry.card.seconds for entry in entries),
    )


def histogram(entries: Sequence[Entry]) -> list[int]:
    """Count the graded submissions by tenths of the points, full marks in a bin of their own.

    The bins are [0, 10 %), [10 %, 20 %), … [90 %, 100 %) and 100 %.
    """
    counts = [0] * (BINS + 1)
    for entry in entries:
        if entry.card.status is Status.GRADED and entry.card.max_score > 0:
            share = entry.score / entry.card.max_score
            # A float's hair below a boundary belongs to the boundary.
            counts[max(0, min(BINS, int(share * BINS + 1e-9)))] += 1
    return counts


def by_task(entries: Sequence[Entry]) -> list[TaskFigures]:
    """Give the figures of each task, in the lab's order."""
    figures = []
    for task in _all_tasks(entries):
        scores = [t for entry in entries for t in entry.card.tasks if t.id == task]
        possible = sum(score.max_points for score in scores)
        figures.append(
            TaskFigures(
                id=task,
                title=scores[0].title,
                verdicts=_count(score.verdict for score in scores),
                share=sum(score.points for score in scores) / possible if possible else 0.0,
                max_points=scores[0].max_points,
            )
        )
    return figures


def by_check(entries: Sequence[Entry]) -> list[CheckFigures]:
    """Give the figures of each check, the one that lost most points first."""
    scores: dict[str, list[CheckScore]] = {}
    for entry in entries:
        for check in entry.card.checks().values():
            scores.setdefault(check.id, []).append(check)
    found = [_check_figures(check, given) for check, given in scores.items()]
    return sorted(found, key=lambda figures: -figures.lost)


def slowest(entries: Sequence[Entry], count: int = 5) -> list[Entry]:
    """Give the submissions that took longest to grade, those that ran nothing left out."""
    ran = [entry for entry in entries if entry.card.runs]
    return sorted(ran, key=lambda entry: -entry.card.seconds)[:count]


def author_faults(entries: Sequence[Entry]) -> dict[str, str]:
    """Give the checks that broke by their own fault, each with what it said."""
    return {check.id: check.message for entry in entries for check in entry.card.author_faults}


def _check_figures(check: str, scores: list[CheckScore]) -> CheckFigures:
    missed = [s for s in scores if s.verdict in (Verdict.FAILED, Verdict.ERRORED)]
    words = Counter(score.message for score in missed if score.message).most_common(1)
    return CheckFigures(
        id=check,
        hidden=scores[0].hidden,
        verdicts=_count(score.verdict for score in scores),
        lost=sum(score.max_points - score.points for score in scores),
        held_out=sum(score.held_out for score in missed),
        message=words[0][0] if words else "",
        said=words[0][1] if words else 0,
    )


def _all_tasks(entries: Sequence[Entry]) -> list[str]:
    return list(dict.fromkeys(task.id for entry in entries for task in entry.card.tasks))


def _count(verdicts: Iterable[Verdict]) -> dict[Verdict, int]:
    counted = Counter(verdicts)
    return {verdict: counted[verdict] for verdict in Verdict}
