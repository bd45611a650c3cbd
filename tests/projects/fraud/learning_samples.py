"""A small world to learn from, made once for all tests that need one."""

from functools import cache

import pandas as pd

from projects.fraud.features import add_features
from projects.fraud.learning.calibrating import FitConfig
from projects.fraud.learning.learning_run import (
    Examined,
    Learned,
    LearningConfig,
    examine,
    learn,
)
from projects.fraud.learning.material import Material, material_of_payments
from projects.fraud.learning.resampling import ExaminationConfig
from projects.fraud.learning.tuning import TuningConfig
from projects.fraud.scenarios import FraudConfig
from projects.fraud.simulation import SimulationConfig, simulate
from projects.fraud.training import TrainingConfig

WORLD = SimulationConfig(
    customers=400,
    terminals=800,
    days=63,
    radius=7,
    fraud=FraudConfig(terminals_per_day=0.7, cards_per_day=0.7),
)
TRAINING = TrainingConfig(start_day=42, k=20, review_cost=5.0)
EARLIER_WEEKS = (2, 1)
LEARNING = LearningConfig(
    tuning=TuningConfig(trials=3, most_trees=30, bins=(127, 255)),
    fit=FitConfig(review_cost=5.0),
    examination=ExaminationConfig(k=20, draws=15),
    forest_trees=20,
)


@cache
def payments() -> pd.DataFrame:
    return simulate(WORLD, 11)


@cache
def featured() -> pd.DataFrame:
    return add_features(payments())


def material_of(frame: pd.DataFrame) -> Material:
    return material_of_payments(frame, TRAINING, EARLIER_WEEKS)


@cache
def material() -> Material:
    return material_of(featured())


@cache
def learned() -> Learned:
    return learn(material(), LEARNING)


@cache
def examined() -> Examined:
    return examine(material(), learned(), LEARNING)
