"""Learn from the weeks before the test, then look at the test week once."""

from dataclasses import dataclass, field

import pandas as pd

from projects.fraud.learning import comparison
from projects.fraud.learning.boosting import BoostingConfig
from projects.fraud.learning.calibrating import FitConfig, fit_scoring_model
from projects.fraud.learning.candidates import RANDOM, TUNED, ladder
from projects.fraud.learning.imbalance import Weighing, cheapest, compare_weights
from projects.fraud.learning.material import Material
from projects.fraud.learning.resampling import Drawn, ExaminationConfig, draw_figures
from projects.fraud.learning.scoring_model import ScoringModel
from projects.fraud.learning.tuning import Progress, TuningConfig, tune

CALIBRATED = f"{TUNED}, calibrated"
BASELINES = (RANDOM, "amount rule", "logistic regression", "deep tree")


@dataclass(frozen=True)
class LearningConfig:
    """Configure all of learning: the search, the fit, the examination, the forest's size."""

    tuning: TuningConfig = field(default_factory=TuningConfig)
    fit: FitConfig = field(default_factory=FitConfig)
    examination: ExaminationConfig = field(default_factory=ExaminationConfig)
    forest_trees: int = 100


@dataclass(frozen=True)
class Learned:
    """Hold the model to serve, its parameters, and how these were chosen.

    `trials` are average precisions of the search, empty where parameters were given.
    """

    model: ScoringModel
    boosting: BoostingConfig
    trials: tuple[float, ...] = ()
    weighings: tuple[Weighing, ...] = ()


@dataclass(frozen=True)
class Examined:
    """Hold the model table of the test week and the verdict on its order."""

    table: pd.DataFrame
    estimates: dict[str, dict[str, comparison.Estimate]]
    ordering: comparison.Ordering


def learn(
    material: Material,
    config: LearningConfig,
    boosting: BoostingConfig | None = None,
    progress: Progress = lambda _: None,
) -> Learned:
    """Return a calibrated model of the last training week; the test week is not opened.

    Without `boosting`, parameters are searched for, and the weight of frauds is chosen by cost.
    """
    if boosting is not None:
        return Learned(_fitted(material, boosting, config), boosting)
    tuned = tune(material, config.tuning, progress)
    weighings = compare_weights(material, tuned.boosting, config.fit)
    chosen = BoostingConfig(
        **(tuned.boosting.parameters() | {"fraud_weight": cheapest(weighings).fraud_weight})
    )
    progress(f"weight of frauds: {cheapest(weighings).name}")
    return Learned(_fitted(material, chosen, config), chosen, tuned.trials, weighings)


def examine(
    material: Material,
    learned: Learned,
    config: LearningConfig,
    progress: Progress = lambda _: None,
) -> Examined:
    """Return the table of all candidates and the calibrated model on the test week."""
    exam, scores = material.final, {}
    for candidate in ladder(learned.boosting, config.fit.seed, config.forest_trees):
        scores[candidate.name] = candidate.fit(exam.train, material.features)(exam.test)
        progress(f"fitted {candidate.name}")
    scores[CALIBRATED] = learned.model.scores(material.matrix(exam.test))
    drawn: Drawn = draw_figures(exam.test, scores, config.examination)
    return Examined(
        comparison.table(drawn, config.examination),
        comparison.estimates(drawn, config.examination),
        comparison.ordering(drawn, BASELINES, config.examination),
    )


def _fitted(material: Material, boosting: BoostingConfig, config: LearningConfig) -> ScoringModel:
    return fit_scoring_model(
        material.rehearsal, material.train, material.features, boosting, config.fit
    )
