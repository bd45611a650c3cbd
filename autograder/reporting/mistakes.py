"""Tell which of a lab's known wrong answers a cohort gave."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from autograder.checks.verdict import Verdict
from autograder.contract.lab import Lab
from autograder.contract.mutants import Mutant, apply_mutant, load_mutants
from autograder.contract.notebooks import cells_by_grade_id
from autograder.reporting.answers import Answers
from autograder.reporting.entries import Entry
from autograder.reporting.likeness import likeness, normalised
from autograder.scoring import Scorecard, Status

# A rival that is less alike than this decides nothing; what is alike beyond it decides alone.
_CLEARLY_MORE_ALIKE = 0.02
_NEARLY_THE_SAME = 0.9

Tokens = tuple[str, ...] | None


@dataclass(frozen=True)
class KnownMistake:
    """Hold a wrong answer that the lab knows: the checks it loses, and the cells it changes."""

    name: str
    why: str
    loses: frozenset[str]
    cells: Mapping[str, Tokens]


@dataclass(frozen=True)
class Match:
    """Say that a submission looks like a known wrong answer.

    `rivals` lose the same checks and are about as alike: then the match is a guess among them.
    `alike` is the likeness of the code, 0 to 1.
    """

    student: str
    name: str
    rivals: tuple[str, ...]
    alike: float
    whole: bool
    """Whether exactly its checks were lost in the tasks it touches, not more."""

    @property
    def ambiguous(self) -> bool:
        return bool(self.rivals)


@dataclass(frozen=True)
class MistakeFigures:
    """Count a known wrong answer over a cohort."""

    name: str
    why: str
    sure: tuple[Match, ...]
    guessed: tuple[Match, ...]

    @property
    def count(self) -> int:
        return len(self.sure) + len(self.guessed)


@dataclass(frozen=True)
class Unknown:
    """Hold a set of lost checks that no known wrong answer explains, and who lost them."""

    checks: tuple[str, ...]
    students: tuple[str, ...]


@dataclass(frozen=True)
class Mistakes:
    """Hold what a cohort got wrong, the commonest first."""

    known: tuple[MistakeFigures, ...]
    unknown: tuple[Unknown, ...]
    of: int
    """How many submissions lost a check that they attempted."""


def known_mistakes(lab: Lab) -> tuple[KnownMistake, ...]:
    """Load the lab's mutants with the code they make; none where the lab has no such file."""
    return tuple(_known(lab, mutant) for mutant in load_mutants(lab).mutants)


def find_mistakes(
    known: Sequence[KnownMistake], entries: Sequence[Entry], answers: Iterable[Answers]
) -> Mistakes:
    """Match every submission that lost attempted checks against what is known."""
    written = {one.student: one for one in answers}
    matches: dict[str, list[Match]] = {}
    unknown: dict[tuple[str, ...], list[str]] = {}
    wrong = 0
    for entry in entries:
        lost = lost_checks(entry.card)
        if not lost:
            continue
        wrong += 1
        own = written.get(entry.card.student, Answers(entry.card.student))
        found, left = explain(lost, known, own)
        for match in found:
            matches.setdefault(match.name, []).append(match)
        if left:
            unknown.setdefault(tuple(sorted(left)), []).append(entry.card.student)
    why = {mistake.name: mistake.why for mistake in known}
    figures = [
        MistakeFigures(
            name,
            why[name],
            tuple(m for m in several if not m.ambiguous),
            tuple(m for m in several if m.ambiguous),
        )
        for name, several in matches.items()
    ]
    rest = [Unknown(checks, tuple(students)) for checks, students in unknown.items()]
    return Mistakes(
        tuple(sorted(figures, key=lambda f: (-f.count, f.name))),
        tuple(sorted(rest, key=lambda u: (-len(u.students), u.checks))),
        wrong,
    )


def explain(
    lost: frozenset[str], known: Sequence[KnownMistake], answers: Answers
) -> tuple[list[Match], frozenset[str]]:
    """Cover the checks that a submission lost by known wrong answers; return what is left too.

    The checks lost decide; where several mistakes lose the same, the likeness of the code does.
    """
    tokens = {name: normalised(source) for name, source in answers.cells.items()}
    alike = {m.name: _alike(m, tokens) for m in known if m.loses <= lost}
    able = [mistake for mistake in known if mistake.name in alike]
    matches: list[Match] = []
    left = lost
    while candidates := [m for m in able if m.loses & left]:
        best = max(candidates, key=lambda m: (*_fit(m, lost, left, alike[m.name]), alike[m.name]))
        rivals = [
            m
            for m in candidates
            if m is not best
            and m.loses == best.loses
            and alike[best.name] - alike[m.name] < _CLEARLY_MORE_ALIKE
        ]
        matches.append(
            Match(
                answers.student,
                best.name,
                tuple(m.name for m in rivals),
                alike[best.name],
                whole=_same_tasks(lost, best.loses) == best.loses,
            )
        )
        left -= best.loses
    return matches, left


def lost_checks(card: Scorecard) -> frozenset[str]:
    """Return the checks that were attempted and not passed."""
    if card.status is not Status.GRADED:
        return frozenset()
    fine = (Verdict.PASSED, Verdict.UNATTEMPTED)
    return frozenset(check.id for check in card.checks().values() if check.verdict not in fine)


def tally(mistakes: Mistakes) -> Counter[str]:
    """Count submissions by the name of the mistake they look like."""
    return Counter({figures.name: figures.count for figures in mistakes.known})


def _fit(
    mistake: KnownMistake, lost: frozenset[str], left: frozenset[str], alike: float
) -> tuple[bool, bool, int]:
    """Rank: all that was lost in its tasks, or nearly the same code; then how much it explains."""
    whole = _same_tasks(lost, mistake.loses) == mistake.loses
    return whole, alike >= _NEARLY_THE_SAME, len(mistake.loses & left)


def _same_tasks(lost: frozenset[str], loses: frozenset[str]) -> frozenset[str]:
    tasks = {check.split(".")[0] for check in loses}
    return frozenset(check for check in lost if check.split(".")[0] in tasks)


def _alike(mistake: KnownMistake, tokens: Mapping[str, Tokens]) -> float:
    shares = [likeness(tokens.get(cell), code) for cell, code in mistake.cells.items()]
    return min(shares, default=0.0)


def _known(lab: Lab, mutant: Mutant) -> KnownMistake:
    cells = cells_by_grade_id(apply_mutant(lab, mutant))
    changed = {edit.cell for edit in mutant.edits}
    return KnownMistake(
        mutant.name,
        mutant.why,
        frozenset(mutant.loses),
        {name: normalised(cells[name].source) for name in sorted(changed)},
    )
