"""Card precision day by day on the test week: a champion, the best baseline, what was possible."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from projects.fraud.learning.candidates import ladder
from projects.fraud.learning.learning_run import Examined, Learned, LearningConfig
from projects.fraud.learning.material import Material
from projects.fraud.learning.scoring_model import ScoringModel
from projects.fraud.metrics import card_precision_by_day


@dataclass(frozen=True)
class CardsByDay:
    """Hold card precision@k of each day by name, and the best that anyone could have reached."""

    k: int
    series: dict[str, pd.Series]
    possible: pd.Series

    def as_figures(self) -> dict[str, Any]:
        """Return it as data, with days as text."""
        told = {**self.series, "possible": self.possible}
        return {
            "k": self.k,
            "days": {
                name: {str(day): float(value) for day, value in one.items()}
                for name, one in told.items()
            },
        }


def cards_by_day(
    material: Material,
    learned: Learned,
    examined: Examined,
    champion: tuple[str, ScoringModel],
    config: LearningConfig,
) -> CardsByDay:
    """Return the days of the test week; the baseline is the one that the table found best.

    It is fitted once more, from the same seed on the same week as for the table.
    """
    exam, k = material.final, config.examination.k
    best = examined.ordering.gaps[0].worse
    known = ladder(learned.boosting, config.fit.seed, config.forest_trees)
    baseline = next(one for one in known if one.name == best)
    name, model = champion
    scores = {
        name: model.margins(material.matrix(exam.test)),
        best: baseline.fit(exam.train, material.features)(exam.test),
    }
    series = {who: card_precision_by_day(exam.test, one, k) for who, one in scores.items()}
    return CardsByDay(k, series, card_precision_by_day(exam.test, exam.labels, k))
