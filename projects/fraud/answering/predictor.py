"""Let the model that decides on the stream answer requests, a batch in one call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel

from autograder.errors import CourseError
from projects.fraud.answering.questions import ReasonGiven, ScoreGiven
from projects.fraud.investigation.wording import in_words
from projects.fraud.scoring.models import Found, Model


@dataclass(frozen=True)
class ScorePredictor:
    """Score questions with one model; of alerts, tell the `reasons` weightiest reasons."""

    model: Model
    reasons: int = 3

    def predict(self, items: Sequence[BaseModel]) -> Sequence[object]:
        """Return an answer for each question; raise AttributeError for a feature not asked for."""
        rows = np.array([[getattr(one, name) for name in self.model.features] for one in items])
        scores = self.model.scores(rows)
        return [self._given(float(score), row) for score, row in zip(scores, rows, strict=True)]

    def _given(self, score: float, row: np.ndarray) -> ScoreGiven:
        alert = score >= self.model.threshold
        found = self.model.reasons(row, self.reasons) if alert and self.reasons else ()
        return ScoreGiven(
            score=score,
            # A model that never alerts has an infinite one, which JSON cannot hold.
            threshold=min(float(self.model.threshold), 2.0),
            alert=alert,
            reasons=[
                ReasonGiven(**one.model_dump(), words=in_words(one.feature, one.value))
                for one in found
            ],
        )


@dataclass(frozen=True)
class LiveModels:
    """Be the source of the models that `find` names, as the stream scorer finds them."""

    find: Callable[[], Found]

    def current(self) -> str:
        """Return the name of the model that should answer."""
        return self.find()[0]

    def load(self, version: str, /) -> ScorePredictor:
        """Load it; raise CourseError where another one has become live meanwhile."""
        name, load = self.find()
        if name != version:
            raise CourseError(
                f"{name} is live now, not {version}.", mend="Ask again, as serving does by itself."
            )
        return ScorePredictor(load())
