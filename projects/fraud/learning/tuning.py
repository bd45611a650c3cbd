"""Choose the parameters of boosted trees on weeks that end before the test week's labels matter."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import optuna

from projects.fraud import metrics
from projects.fraud.learning.at_once import at_once
from projects.fraud.learning.boosting import BoostingConfig
from projects.fraud.learning.calibrating import fit_booster
from projects.fraud.learning.material import Exam, Material

Progress = Callable[[str], None]
# Many short steps of small trees over all values there are: what suits few frauds. Found on
# earlier weeks of the simulator's default world, as a place to begin and no more.
CAREFUL = BoostingConfig(
    n_estimators=500,
    learning_rate=0.035,
    num_leaves=8,
    min_child_samples=2,
    colsample_bytree=0.75,
    subsample=0.9,
    reg_lambda=0.1,
    path_smooth=60.0,
    max_bin=16_383,
)
_LEAST = 1e-2


@dataclass(frozen=True)
class TuningConfig:
    """Configure the search: how many trials, the seed, and the dearer ends of its ranges.

    `bins` are the values of `max_bin` to choose from; the time of a trial grows with them.
    """

    trials: int = 40
    seed: int = 0
    most_trees: int = 500
    bins: tuple[int, ...] = (255, 1_023, 4_095, 16_383)

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise ValueError(f"trials must be at least 1, is {self.trials}")


@dataclass(frozen=True)
class Tuned:
    """Hold the parameters chosen, their mean average precision, and that of every trial."""

    boosting: BoostingConfig
    average_precision: float
    trials: tuple[float, ...]


def tune(material: Material, config: TuningConfig, progress: Progress = lambda _: None) -> Tuned:
    """Return the best of `config.trials` trials of a seeded search on `material.tuning` alone.

    The search is Optuna's tree-structured Parzen estimator. It begins at LightGBM's defaults and at
    `CAREFUL`, as near as its ranges come to them, so what it finds is no worse than these there.
    """
    # Optuna reports each trial on the error stream, to whoever asked for nothing.
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=_sampler(config.seed))
    for start in (BoostingConfig(), CAREFUL):
        study.enqueue_trial(_as_trial(start, config))

    def objective(trial: optuna.Trial) -> float:
        found = _mean_precision(material, _suggested(trial, config), config.seed)
        progress(f"trial {trial.number + 1} of {config.trials}: average precision {found:.4f}")
        return found

    study.optimize(objective, n_trials=config.trials)
    return Tuned(
        boosting=_suggested(optuna.trial.FixedTrial(study.best_params), config),
        average_precision=float(study.best_value),
        trials=tuple(float(trial.value or 0.0) for trial in study.trials),
    )


def _sampler(seed: int) -> optuna.samplers.BaseSampler:
    with warnings.catch_warnings():
        # Parameters depend on each other: more trees want shorter steps. Optuna calls the search
        # that knows this experimental.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.TPESampler(seed=seed, multivariate=True)


def _mean_precision(material: Material, boosting: BoostingConfig, seed: int) -> float:
    def precision(exam: Exam) -> float:
        booster = fit_booster(exam.train, material.features, boosting, seed)
        scores = np.asarray(booster.predict(material.matrix(exam.test), num_threads=1))
        return metrics.average_precision(exam.labels, scores)

    return float(np.mean(at_once(precision, material.tuning)))


def _suggested(trial: optuna.trial.BaseTrial, config: TuningConfig) -> BoostingConfig:
    return BoostingConfig(
        n_estimators=trial.suggest_int("n_estimators", 20, config.most_trees),
        learning_rate=trial.suggest_float("learning_rate", 0.02, 0.15, log=True),
        num_leaves=trial.suggest_int("num_leaves", 4, 31, log=True),
        min_child_samples=trial.suggest_int("min_child_samples", 1, 20, log=True),
        min_child_weight=trial.suggest_float("min_child_weight", 1e-3, 0.1, log=True),
        colsample_bytree=trial.suggest_float("colsample_bytree", 0.5, 1.0),
        subsample=trial.suggest_float("subsample", 0.5, 1.0),
        reg_lambda=trial.suggest_float("reg_lambda", _LEAST, 10.0, log=True),
        path_smooth=trial.suggest_float("path_smooth", _LEAST, 500.0, log=True),
        max_bin=trial.suggest_categorical("max_bin", config.bins),
    )


def _as_trial(boosting: BoostingConfig, config: TuningConfig) -> dict[str, float]:
    """Return the parameters as a trial; the search is over logarithms, which know no 0."""
    values = boosting.parameters()
    values.pop("fraud_weight")
    values["n_estimators"] = min(boosting.n_estimators, config.most_trees)
    values["max_bin"] = min(config.bins, key=lambda one: abs(one - boosting.max_bin))
    return values | {name: _LEAST for name in ("reg_lambda", "path_smooth") if not values[name]}
