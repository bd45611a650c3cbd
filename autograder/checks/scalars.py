"""Find where two numbers, texts or moments differ, and say so in words."""

import math
from dataclasses import dataclass
from typing import Any

from autograder.checks.kinds import family, is_real
from autograder.checks.wording import counted, describe, due_kind, show


@dataclass(frozen=True)
class Leniency:
    """Say what two values may differ in and still count as equal.

    `tol` is the distance that two numbers may have, times the larger of 1 and the expected
    number's size. With `exact` the kinds count too: list or tuple, int or float, dtype, the order
    of columns, the index. With `missing_alike` None equals nan, as inside a column.
    """

    tol: float = 0.0
    exact: bool = False
    missing_alike: bool = False


@dataclass(frozen=True)
class Difference:
    """Hold a difference: the path to it, such as "['failed'][2]", and what differs there."""

    path: str
    text: str

    def inside(self, step: str) -> "Difference":
        """Return the difference as seen from one level further out."""
        return Difference(step + self.path, self.text)


def other_kind(got: Any, want: Any) -> Difference:
    """Return the difference between values of two kinds that cannot be compared."""
    return Difference("", f"is {describe(got)}, where {due_kind(want)} is due")


def numbers_equal(got: Any, want: Any, tol: float) -> bool:
    """Tell whether numbers lie within tol times the larger of 1 and |want|; nan equals nan."""
    if got == want or (got != got and want != want):
        return True
    if not tol:
        return False
    try:
        size, distance = abs(want), abs(got - want)
        # An infinite bound would let every number pass for infinity.
        return math.isfinite(size) and bool(distance <= tol * max(1.0, size))
    except OverflowError:  # an int too large for a float
        return False


def give_or_take(want: Any, tol: float) -> str:
    """Return the distance that is allowed, in words; nothing where none is."""
    if not tol or not is_real(want) or not math.isfinite(want):
        return ""
    return f" (give or take {tol * max(1.0, abs(want)):.3g})"


def numbers_difference(got: Any, want: Any, leniency: Leniency) -> Difference | None:
    """Return how two numbers differ, with the distance that was allowed."""
    if numbers_equal(got, want, leniency.tol):
        return None
    found = "nan (not a number)" if got != got else show(got)
    return Difference(
        "", f"is {found}, where {show(want)} is due{give_or_take(want, leniency.tol)}"
    )


def scalars_in_words(got: Any, want: Any) -> str:
    """Return how two moments, bools or other scalars of one kind differ."""
    text = f"is {show(got)}, where {show(want)} is due"
    if family(got) == "moment" and (got.tzinfo is None) != (want.tzinfo is None):
        one, other = ("no time zone", "one") if got.tzinfo is None else ("a time zone", "none")
        text += f"; it has {one}, where {other} is due"
    return text


def texts_in_words(got: str, want: str) -> str:
    """Return how two texts differ: in case, in spaces, or from which character on."""
    text = f"is {show(got)}, where {show(want)} is due"
    if got.casefold() == want.casefold():
        return f"{text}; only upper and lower case differ"
    if "".join(got.split()) == "".join(want.split()):
        return f"{text}; only spaces and line breaks differ"
    at = next((i for i, (a, b) in enumerate(zip(got, want, strict=False)) if a != b), None)
    if at is None:
        word = "stops short" if len(got) < len(want) else "goes on"
        return f"{text}; it {word} after {counted(min(len(got), len(want)), 'character')}"
    if max(len(got), len(want)) <= 20:
        return text
    parts = (show(some[at : at + 20]) for some in (got, want))
    return f"{text}; they part at character {at}: {' against '.join(parts)}"
