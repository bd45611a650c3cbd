"""A challenger is compared with the champion, and a bad one is left behind within seconds."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from infra.tracking.configuration import TrackingConfig
from infra.tracking.lineage import Lineage
from infra.tracking.registry import Registry
from infra.tracking.runs import Tracker
from projects.fraud.contracts import Reason
from projects.fraud.operating.canary import CanaryConfig, CanaryVerdict, compare_scores
from projects.fraud.operating.rollback_drill import DrillError, drill_rollback
from projects.fraud.scoring.models import Model, WatchedModels

BOTH = (0.5, 0.5)
RNG = np.random.default_rng(1)
SCORES = RNG.beta(0.3, 8, 20_000)


def test_the_same_model_goes_on() -> None:
    found = compare_scores(SCORES, SCORES, BOTH)
    assert found.verdict is CanaryVerdict.GO_ON
    assert (found.switched, found.psi, found.ks) == (0, 0, 0)


def test_a_model_retrained_on_other_weeks_goes_on() -> None:
    noisy = np.clip(SCORES * RNG.normal(1, 0.05, len(SCORES)), 0, 1)
    found = compare_scores(SCORES, noisy, BOTH)
    assert found.verdict is CanaryVerdict.GO_ON and 0 < found.ks < 0.02


def test_who_changes_sides_is_counted_by_each_models_own_threshold() -> None:
    old, new = np.array([0.1, 0.6, 0.7, 0.2]), np.array([0.4, 0.2, 0.7, 0.1])
    bounds = CanaryConfig(least_payments=4, least_alerts=4, least_shared=0.5)
    found = compare_scores(old, new, (0.5, 0.3), bounds)
    assert (found.switched_on, found.switched_off) == (0.25, 0.25)
    assert (found.champion_alerts, found.challenger_alerts) == (2, 2)
    assert found.shared == pytest.approx(1 / 3)
    # Three payments that either alerts on say nothing of a model.
    assert found.verdict is CanaryVerdict.GO_ON
    assert "2 alerts by the champion, 2 by the challenger, 33% of them by both" in str(
        found.in_words()
    )
    judged = compare_scores(np.tile(old, 2), np.tile(new, 2), (0.5, 0.3), bounds)
    assert judged.verdict is CanaryVerdict.STOP
    assert judged.why == ("33.33% of alerts are of both, 50.00% must be",)


def test_few_steps_of_a_calibration_stop_no_model() -> None:
    # Two isotonic calibrations of one model: their steps differ, and nothing that is done with it.
    old, new = (np.ceil(SCORES * steps) / steps for steps in (20, 25))
    found = compare_scores(old, new, (0.3, 0.3))
    assert found.psi > 1 and found.verdict is CanaryVerdict.GO_ON


@pytest.mark.parametrize(
    ("challenger", "said"),
    [
        (1 - SCORES, "of alerts are of both"),
        (RNG.permutation(SCORES), "of alerts are of both"),
        (np.maximum(SCORES, 0.2), "frauds expected in place of"),
        (np.zeros_like(SCORES), "alerts in place of"),
        (np.where(np.arange(len(SCORES)) == 7, np.nan, SCORES), "1 scores of the challenger"),
        (SCORES * 3, "are no probability"),
    ],
)
def test_a_broken_model_is_stopped_with_the_reason(challenger: np.ndarray, said: str) -> None:
    found = compare_scores(SCORES, challenger, (0.3, 0.3))
    assert found.verdict is CanaryVerdict.STOP
    assert any(said in why for why in found.why), found.why


def test_too_few_payments_say_nothing_yet() -> None:
    found = compare_scores(SCORES[:10], 1 - SCORES[:10], BOTH)
    assert found.verdict is CanaryVerdict.WAIT and found.why == ("10 payments of 1000 were seen",)
    assert compare_scores([], [], BOTH).verdict is CanaryVerdict.WAIT
    with pytest.raises(ValueError, match="same payments"):
        compare_scores(SCORES, SCORES[1:], BOTH)


@dataclass(frozen=True)
class Version:
    """Be a model that knows nothing but its version."""

    version: str
    features: tuple[str, ...] = ("TX_AMOUNT",)
    threshold: float = 0.5

    def scores(self, matrix: np.ndarray) -> np.ndarray:
        return np.zeros(len(matrix))

    def reasons(self, row: np.ndarray, top: int = 3) -> tuple[Reason, ...]:
        return ()


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A real registry on SQLite with two versions, the second of them live."""
    folder: Path = tmp_path_factory.mktemp("mlflow")
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    config = TrackingConfig(uri, "drill", (folder / "artifacts").as_uri())
    with Tracker(config).run("made up", Lineage("0" * 40, "data", "lock", ())) as run:
        found = Registry(config)
        for _ in range(2):
            found.register("fraud", run, folder.as_uri())
    return found


@pytest.fixture
def models(registry: Registry) -> Iterator[WatchedModels]:
    for version in (1, 2):
        registry.promote("fraud", version, who="ada", why="better")

    def live() -> tuple[str, type[Model]]:
        version = str(registry.live("fraud"))
        return version, lambda: Version(version)  # type: ignore[return-value]

    with WatchedModels(live, seconds=0.2) as watched:
        yield watched


def test_the_scorer_decides_by_the_old_version_within_seconds(
    registry: Registry, models: WatchedModels
) -> None:
    found = drill_rollback(
        registry, "fraud", lambda: models.current().version, who="grace", pause=0.01
    )
    assert (found.from_version, found.to_version) == ("2", "1")
    assert 0 < found.moved <= found.decided <= found.settled
    assert found.decisions == found.by_new + 20
    assert registry.live("fraud") == 1
    last = registry.history("fraud")[-1]
    assert (last.who, last.why, last.source, last.target) == ("grace", "a drill", 2, 1)
    assert "from version 2 back to 1" in found.in_words()


def test_a_scorer_that_does_not_follow_fails_the_drill(registry: Registry) -> None:
    registry.promote("fraud", 1, who="ada", why="w")
    registry.promote("fraud", 2, who="ada", why="w")
    begin = time.monotonic()
    with pytest.raises(DrillError, match="come from 2 still"):
        drill_rollback(registry, "fraud", lambda: "2", who="x", patience=0.3, pause=0.01)
    assert time.monotonic() - begin < 20
    with pytest.raises(DrillError, match="fraud@champion is 1, and decisions come from 2"):
        drill_rollback(registry, "fraud", lambda: "2", who="x")


def test_a_scorer_that_wavers_fails_the_drill(registry: Registry) -> None:
    registry.promote("fraud", 2, who="ada", why="w")
    said = iter("221121")
    with pytest.raises(DrillError, match="a decision came from 2 on the way back to 1"):
        drill_rollback(registry, "fraud", lambda: next(said), who="x")
