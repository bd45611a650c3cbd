"""Models live on MLflow's real server as they do on disk: parts, alias, refusal, rollback."""

import uuid
from pathlib import Path

import pytest

from infra.settings import Mlflow
from infra.tracking.bootstrap import BootstrapConfig
from infra.tracking.configuration import TrackingConfig
from infra.tracking.promotion_gate import GateConfig
from infra.tracking.registry import Registry
from projects.fraud.features import add_features
from projects.fraud.learning.boosting import BoostingConfig
from projects.fraud.learning.gate import ChallengeConfig, challenge
from projects.fraud.learning.learning_run import LearningConfig, learn
from projects.fraud.learning.material import Material, material_of_payments
from projects.fraud.learning.registering import RegisteringConfig, load_live, register
from projects.fraud.scenarios import FraudConfig
from projects.fraud.simulation import SimulationConfig, simulate
from projects.fraud.training import TrainingConfig

BAD = BoostingConfig(n_estimators=1, num_leaves=2, colsample_bytree=0.1)
GOOD = BoostingConfig(n_estimators=30, num_leaves=6, path_smooth=50.0)
GATE = ChallengeConfig(
    GateConfig(
        metric="average precision",
        least_metric=0.01,
        segment_tolerance=0.2,
        reproducible_code=False,
        bootstrap=BootstrapConfig(resamples=50),
    )
)
FRAUDS = FraudConfig(terminals_per_day=0.5, cards_per_day=0.5)
WORLD = SimulationConfig(customers=300, terminals=600, days=49, radius=8, fraud=FRAUDS)


@pytest.fixture(scope="module")
def material() -> Material:
    return material_of_payments(add_features(simulate(WORLD, 2)), TrainingConfig(start_day=28), ())


@pytest.mark.long
def test_a_model_goes_in_and_comes_out_and_goes_back(
    mlflow: Mlflow, material: Material, tmp_path: Path
) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("lightgbm>=4\n")
    name = f"fraud-{uuid.uuid4().hex[:8]}"
    config = RegisteringConfig(TrackingConfig(mlflow.url, name), tmp_path, lock, name)
    registry, week = Registry(config.tracking), material.final.test
    learnt = [learn(material, LearningConfig(), one) for one in (BAD, GOOD, BAD)]
    versions = [register(one, material, config).version for one in learnt]
    decided = [challenge(one, week, config, GATE).decision.promoted for one in versions]
    assert decided == [True, True, False]
    live = load_live(config)
    assert live is not None and live.version == f"{name}/2"
    rows = material.matrix(week)
    assert live.scores(rows).tobytes() == learnt[1].model.scores(rows).tobytes()
    assert live.reasons(rows[0]) == learnt[1].model.reasons(rows[0])
    registry.rollback(name, who="ada", why="twice the alarms since noon")
    before = load_live(config)
    assert before is not None and before.version == f"{name}/1"
    assert [one.target for one in registry.history(name)] == [1, 2, 1]
