"""A model goes into a registry, through the gate, out again, and back."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from learning_samples import LEARNING
from learning_samples import material as sample_material

from autograder.errors import CourseError
from infra.tracking.bootstrap import BootstrapConfig
from infra.tracking.configuration import TrackingConfig
from infra.tracking.promotion_gate import GateConfig, Reason
from infra.tracking.registry import Registry
from infra.tracking.runs import Tracker
from projects.fraud import columns as c
from projects.fraud.learning.boosting import BoostingConfig
from projects.fraud.learning.gate import ChallengeConfig, challenge, segments_of
from projects.fraud.learning.learning_run import learn
from projects.fraud.learning.registering import (
    Keepsakes,
    RegisteringConfig,
    data_hash,
    load_live,
    load_version,
    register,
)

HERE = Path(__file__).parent
GATE = ChallengeConfig(
    GateConfig(
        metric="average precision",
        least_metric=0.01,
        segment_tolerance=0.1,
        reproducible_code=False,
        bootstrap=BootstrapConfig(resamples=50),
    )
)
BAD = BoostingConfig(n_estimators=1, num_leaves=2, colsample_bytree=0.1)
GOOD = BoostingConfig(n_estimators=40, num_leaves=6, path_smooth=50.0, max_bin=1023)


@pytest.fixture(scope="module")
def material():
    return sample_material()


@pytest.fixture(scope="module")
def learnt(material):
    return {name: learn(material, LEARNING, one) for name, one in (("bad", BAD), ("good", GOOD))}


def registering_in(folder: Path, uri: str, location: str | None) -> RegisteringConfig:
    lock = folder / "lock.txt"
    lock.write_text("lightgbm>=4\nmlflow>=1000\n")
    tracking = TrackingConfig(uri, "fraud-learning", location)
    return RegisteringConfig(tracking, code=HERE, lock=lock, name="fraud-test")


def plays_its_life(config, material, learnt):
    """Register, promote, refuse, promote, roll back; then read what the history says."""
    week, registry = material.final.test, Registry(config.tracking)
    bad = register(learnt["bad"], material, config)
    assert load_live(config) is None
    assert challenge(bad.version, week, config, GATE).decision.promoted
    good = register(learnt["good"], material, config, Keepsakes({"ap": 0.5}, "# A card\n"))
    assert challenge(good.version, week, config, GATE).decision.promoted

    live = load_live(config)
    rows = material.matrix(week)
    assert live.version == f"fraud-test/{good.version}"
    assert live.scores(rows).tobytes() == learnt["good"].model.scores(rows).tobytes()

    again = register(learnt["bad"], material, config)
    refused = challenge(again.version, week, config, GATE)
    reasons = {one.reason for one in refused.decision.refusals}
    assert Reason.NOT_BETTER in reasons and refused.move is None
    assert registry.live(config.name) == good.version
    tags = registry.version(config.name, again.version).tags
    kept = [json.loads(value) for key, value in tags.items() if key.startswith("gate_decision")]
    assert [one["promoted"] for one in kept] == [False]

    registry.rollback(config.name, who="ada", why="twice the alarms since noon")
    assert load_live(config).version == f"fraud-test/{bad.version}"
    moves = registry.history(config.name)
    assert [(one.kind, one.source, one.target) for one in moves] == [
        ("promoted", None, bad.version),
        ("promoted", bad.version, good.version),
        ("rolled back", good.version, bad.version),
    ]
    return good


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory) -> RegisteringConfig:
    folder = tmp_path_factory.mktemp("mlflow")
    uri, artifacts = f"sqlite:///{folder / 'mlflow.db'}", (folder / "artifacts").as_uri()
    return registering_in(folder, uri, artifacts)


@pytest.mark.long
def test_a_life_in_a_registry_on_disk(on_sqlite, material, learnt):
    good = plays_its_life(on_sqlite, material, learnt)
    run = Tracker(on_sqlite.tracking).read(good.run_id)
    assert run.lineage.data_hash == data_hash(material.train.sample(frac=1), material.features)
    assert [one.split()[0] for one in run.lineage.departures] == ["mlflow"]
    assert run.metrics == {"ap": 0.5} and run.parameters["num_leaves"] == "6"

    seen = challenge(good.version, material.train, on_sqlite, GATE)
    assert Reason.SEEN_IN_TRAINING in {one.reason for one in seen.decision.refusals}

    part = next(Path(on_sqlite.tracking.artifact_location[7:]).glob(f"{good.run_id}/**/model.onnx"))
    part.chmod(stat.S_IWUSR | stat.S_IRUSR)
    part.write_bytes(part.read_bytes() + b" ")
    with pytest.raises(CourseError, match=r"model\.onnx is not the file"):
        load_version(on_sqlite, good.version)


def test_a_gain_that_one_segment_pays_for_is_refused(on_sqlite, material, learnt):
    week = material.final.test
    name = replace(on_sqlite, name="fraud-segments")
    bad = register(learnt["bad"], material, name)
    good = register(learnt["good"], material, name)
    assert challenge(bad.version, week, name, GATE).decision.promoted
    strict = replace(GATE, gate=replace(GATE.gate, segment_tolerance=-0.9))
    found = challenge(good.version, week, name, strict)
    assert [one.reason for one in found.decision.refusals] == [Reason.SEGMENT_WORSE]
    assert found.decision.refusals[0].segment.split("=")[0] in ("amount", "time", "card")


def test_segments_divide_the_week(material):
    week = material.final.test
    found = segments_of(week)
    assert set(found) == {"amount", "time", "card"}
    amounts = week[c.TX_AMOUNT].to_numpy()
    assert amounts[found["amount"] == "under 20"].max() < 20
    assert amounts[found["amount"] == "from 100"].min() >= 100
    assert np.isin(found["amount"], ["under 20", "20 to 100", "from 100"]).all()
    assert set(segments_of(week[[c.TX_AMOUNT]])) == {"amount"}
