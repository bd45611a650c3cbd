"""Turn a model's margins into probabilities that mean what they say."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from sklearn.isotonic import IsotonicRegression


@dataclass(frozen=True)
class Calibration:
    """Map margins to probabilities by straight lines between knots, flat beyond the last.

    Isotonic regression pools neighbours until none is out of order, which does not ask how far
    apart they are: fitted on margins or on their logistic it finds the same pools.
    """

    margins: tuple[float, ...]
    probabilities: tuple[float, ...]

    def __post_init__(self) -> None:
        knots, values = np.array(self.margins), np.array(self.probabilities)
        if not len(knots) or len(knots) != len(values):
            raise ValueError(f"there are {len(knots)} knots and {len(values)} probabilities")
        if (np.diff(knots) <= 0).any() or (np.diff(values) < 0).any():
            raise ValueError("margins must ascend, and probabilities must not fall")
        if not ((values >= 0) & (values <= 1)).all():
            raise ValueError("probabilities must lie between 0 and 1")

    @classmethod
    def fit(cls, margins: np.ndarray, labels: np.ndarray) -> Self:
        """Fit isotonic regression on rows that the model did not learn from."""
        fitted = IsotonicRegression(y_min=0.0, y_max=1.0).fit(
            np.asarray(margins, float), np.asarray(labels, float)
        )
        return cls(tuple(fitted.X_thresholds_.tolist()), tuple(fitted.y_thresholds_.tolist()))

    def apply(self, margins: np.ndarray) -> np.ndarray:
        """Return the probabilities (n,) of margins (n,).

        Not `numpy.interp`, which takes another path for few rows than for many: here each row goes
        through the same operations, so that its bytes do not depend on its neighbours.
        """
        knots, values, slopes = self._arrays
        inside = np.clip(np.asarray(margins, float), knots[0], knots[-1])
        place = np.minimum(np.searchsorted(knots, inside, side="right") - 1, len(slopes) - 1)
        risen: np.ndarray = values[place] + slopes[place] * (inside - knots[place])
        # Rounding must not carry a row past the next knot, where it would overtake others.
        return np.minimum(risen, values[np.minimum(place + 1, len(values) - 1)])

    @cached_property
    def _arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        knots, values = np.array(self.margins, float), np.array(self.probabilities, float)
        slopes = np.append(np.diff(values) / np.diff(knots), 0.0)
        return knots, values, slopes
