"""Expectations that hold a number to a bound, and note by how much it was met."""

import math
from typing import Any, Self

from autograder.checks.kinds import is_real
from autograder.checks.place import Place
from autograder.checks.record import note_margin
from autograder.checks.wording import describe


class ThresholdExpectations(Place):
    """Hold numbers to bounds and note the margins, which show bounds that are set too close."""

    def to_be_at_least(self, bound: float) -> Self:
        """Expect a number no smaller than the bound."""
        return self._within(bound, None, f"at least {bound!r}")

    def to_be_at_most(self, bound: float) -> Self:
        """Expect a number no larger than the bound."""
        return self._within(None, bound, f"at most {bound!r}")

    def to_be_between(self, low: float, high: float) -> Self:
        """Expect a number from low to high, both included."""
        if not low <= high:
            raise ValueError(f"to_be_between({low!r}, {high!r}): the low bound lies above the high")
        return self._within(low, high, f"a number from {low!r} to {high!r}")

    def _within(self, low: float | None, high: float | None, due: str) -> Self:
        value: Any = self._plain()
        bounds = [bound for bound in (low, high) if bound is not None]
        if not all(math.isfinite(bound) for bound in bounds):
            raise ValueError(f"a bound must be a finite number, got {bounds}")
        if not is_real(value):
            self._fail(f"is {describe(value)}, where {due} is due")
        if math.isnan(value):
            self._fail(f"is nan (not a number), where {due} is due")
        if abs(value) <= 1e300:  # what is larger is no measurement
            for bound in bounds:
                note_margin(self.what, float(value), float(bound))
        short = low - value if low is not None and value < low else 0
        over = value - high if high is not None and value > high else 0
        if short:
            self._fail(f"is {value:.6g}, where {due} is due: {short:.3g} too low")
        if over:
            self._fail(f"is {value:.6g}, where {due} is due: {over:.3g} too high")
        return self
