"""Find submissions that are alike, with the starter's code discounted (copydetect's winnowing)."""

import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from markupsafe import Markup

from autograder.reporting.answers import Answers, answers_in
from autograder.reporting.subject import Subject

# Characters of filtered code, in which each name counts as one: about a line and a half.
NOISE = 20
_WINDOW = 4
# A passage that this many hand in is what the task calls for, not what one took from another.
_COMMON_AT_LEAST, _COMMON_SHARE = 10, 0.2
LEAST_SHARE, MOST_PAIRS = 0.6, 30
_CONTEXT = 3
# Less code than this is alike by chance.
_LEAST_CODE = 120


@dataclass(frozen=True)
class Side:
    """Hold one of two submissions: the share of its code that the other has too, 0 to 1."""

    student: str
    share: float
    code: Markup
    """The code as HTML, with what is common marked."""


@dataclass(frozen=True)
class Pair:
    """Hold two submissions that are alike.

    `unusual` is the share of what they have in common that the official answer has not: shared
    peculiarities say more than a shared right answer.
    """

    left: Side
    right: Side
    unusual: float | None

    @property
    def share(self) -> float:
        return max(self.left.share, self.right.share)


@dataclass(frozen=True)
class Similarity:
    """Hold the pairs that are most alike, and how many submissions were compared."""

    pairs: tuple[Pair, ...]
    compared: int
    too_little: int
    """Submissions whose code, what is common put aside, is too little to be like another."""
    left_out: int
    """Pairs that are alike enough, but beyond those that are shown."""


def find_similar(
    subject: Subject,
    answers: Sequence[Answers],
    *,
    least: float = LEAST_SHARE,
    most: int = MOST_PAIRS,
) -> Similarity:
    """Compare every two submissions; the starter's passages and common ones do not count."""
    starter = _fingerprint(answers_in("", subject.starters).code, "starter")
    official = _fingerprint(answers_in("", subject.solutions).code, "official")
    prints = {one.student: _fingerprint(one.code, one.student) for one in answers}
    common = _common(list(prints.values()))
    for found in prints.values():
        _discount(found, starter.hashes | common)
    able = [found for found in prints.values() if found.token_coverage >= _LEAST_CODE]
    alike = [(a, b) for a, b in _sharing(able) if _most_shared(a, b) >= least]
    alike.sort(key=lambda pair: -_most_shared(*pair))
    pairs = tuple(_pair(a, b, official.hashes, subject) for a, b in alike[:most])
    chosen = [pair for pair in pairs if pair.share >= least]
    return Similarity(
        tuple(sorted(chosen, key=_rank)),
        len(prints),
        len(prints) - len(able),
        len(alike) - len(pairs),
    )


def _rank(pair: Pair) -> tuple[float, float]:
    return -round(pair.share, 2), -(pair.unusual or 0.0)


def _fingerprint(code: str, student: str) -> Any:
    from copydetect import CodeFingerprint  # type: ignore[import-untyped]

    return CodeFingerprint(student, NOISE, _WINDOW, language="python", fp=io.StringIO(code))


def _common(prints: Sequence[Any]) -> set[int]:
    counts = Counter(number for found in prints for number in found.hashes)
    limit = max(_COMMON_AT_LEAST, int(_COMMON_SHARE * len(prints)))
    return {number for number, count in counts.items() if count > limit}


def _discount(found: Any, passages: set[int]) -> None:
    """Take passages out of a fingerprint; copydetect's own way miscounts repeated ones."""
    from copydetect.utils import get_token_coverage  # type: ignore[import-untyped]

    found.hashes = found.hashes - passages
    found.hash_idx = {n: places for n, places in found.hash_idx.items() if n in found.hashes}
    found.token_coverage = get_token_coverage(found.hash_idx, found.k, len(found.filtered_code))


def _sharing(prints: Sequence[Any]) -> list[tuple[Any, Any]]:
    """List the pairs that have a passage in common at all."""
    holders: dict[int, list[int]] = {}
    for place, found in enumerate(prints):
        for number in found.hashes:
            holders.setdefault(number, []).append(place)
    pairs = {pair for places in holders.values() for pair in combinations(places, 2)}
    return [(prints[a], prints[b]) for a, b in sorted(pairs)]


def _most_shared(a: Any, b: Any) -> float:
    """Return the larger share of passages in common, cheap enough for every pair."""
    both = len(a.hashes & b.hashes)
    return both / max(1, min(len(a.hashes), len(b.hashes)))


def _pair(a: Any, b: Any, official: set[int], subject: Subject) -> Pair:
    from copydetect import compare_files

    _, shares, slices = compare_files(a, b)
    both = a.hashes & b.hashes
    unusual = len(both - official) / len(both) if both and subject.solutions else None
    sides = [
        Side(found.filename, min(1.0, float(share)), _marked(found.raw_code, cuts))
        for found, share, cuts in zip((a, b), shares, slices, strict=True)
    ]
    return Pair(sides[0], sides[1], unusual)


def _marked(code: str, slices: Any) -> Markup:
    """Mark the slices of `code`, which copydetect gives as rows of starts and ends."""
    parts, at = [], 0
    cuts = np.asarray(slices, dtype=int)
    for start, end in zip(*cuts, strict=True) if cuts.size else ():
        first, last = max(at, int(start)), min(len(code), int(end))
        if last > first:
            between = _shortened(code[at:first], first=at == 0)
            parts.append(Markup("{}<mark>{}</mark>").format(between, code[first:last]))
            at = last
    return Markup("").join((*parts, Markup("{}").format(_shortened(code[at:], last=True))))


def _shortened(code: str, *, first: bool = False, last: bool = False) -> str:
    """Keep of the code between two marks the lines next to them."""
    lines = code.split("\n")
    before, after = (0 if first else _CONTEXT), (0 if last else _CONTEXT)
    cut = len(lines) - before - after
    if cut < _CONTEXT:
        return code
    kept = [*lines[:before], f"⋯ {cut} lines", *lines[len(lines) - after :]]
    return "\n".join(kept)
