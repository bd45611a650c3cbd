"""A challenger goes through the gate to the alias, and the store keeps the decision."""

import dataclasses
import json
from collections.abc import Callable

import numpy as np
import pytest

from infra.tracking.bootstrap import Array, BootstrapConfig
from infra.tracking.lineage import Lineage
from infra.tracking.promotion import DECISION_TAG, promote_if_better
from infra.tracking.promotion_gate import Evaluation, GateConfig, Reason, Refusal
from infra.tracking.registry import Registry
from infra.tracking.runs import Tracker

Versions = Callable[[int], str]
GATE = GateConfig("accuracy", least_metric=0.5, bootstrap=BootstrapConfig(resamples=100))
TRUTH = np.tile([0, 1], 200)


def accuracy(truth: Array, predicted: Array) -> float:
    return float(np.mean(truth == predicted))


def wrong_in(count: int) -> Array:
    return np.where(np.arange(len(TRUTH)) < count, 1 - TRUTH, TRUTH)


FIRST = Evaluation(TRUTH, wrong_in(80), None, "evaluation")
BETTER = Evaluation(TRUTH, wrong_in(20), wrong_in(80), "evaluation", champion_version=1)


def decisions(registry: Registry, model: str, version: int) -> list[dict[str, object]]:
    tags = registry.version(model, version).tags
    return [json.loads(tags[key]) for key in sorted(tags) if key.startswith(DECISION_TAG)]


def test_a_better_challenger_becomes_champion(registry: Registry, versions_of: Versions) -> None:
    model = versions_of(2)
    for version, evaluation in ((1, FIRST), (2, BETTER)):
        found = promote_if_better(
            registry, model, version, evaluation, accuracy, GATE, who="pipeline"
        )
        assert found.decision.promoted
        assert registry.live(model) == version
    move = registry.history(model)[-1]
    assert found.move == move
    assert move.who == "pipeline"
    assert move.why.startswith("passed the gate on 400 rows: accuracy +0.15")
    assert [each["promoted"] for each in decisions(registry, model, 2)] == [True]


def test_who_is_asked_at_last_may_keep_the_champion_and_is_asked_only_then(
    registry: Registry, versions_of: Versions
) -> None:
    model, asked = versions_of(2), 0
    registry.promote(model, 1, who="ada", why="w")
    refusal = Refusal(Reason.SCORES_DIFFER, "twice as many alerts")

    def at_last() -> tuple[Refusal, ...]:
        nonlocal asked
        asked += 1
        assert registry.live(model) == 1
        return (refusal,) if asked == 1 else ()

    def judged(evaluation: Evaluation) -> tuple[Refusal, ...]:
        return promote_if_better(
            registry, model, 2, evaluation, accuracy, GATE, who="p", at_last=at_last
        ).decision.refusals

    worse = dataclasses.replace(BETTER, challenger=wrong_in(90))
    assert refusal not in judged(worse) and not asked
    assert judged(BETTER) == (refusal,) and registry.live(model) == 1
    assert decisions(registry, model, 2)[-1]["promoted"] is False
    assert judged(BETTER) == () and registry.live(model) == 2 and asked == 2


def test_a_refused_challenger_moves_nothing_and_its_reasons_are_kept(
    registry: Registry, versions_of: Versions
) -> None:
    model = versions_of(2)
    registry.promote(model, 1, who="ada", why="w")
    worse = dataclasses.replace(BETTER, challenger=wrong_in(90))
    for _ in range(2):
        found = promote_if_better(registry, model, 2, worse, accuracy, GATE, who="pipeline")
        assert found.move is None
    assert registry.live(model) == 1
    assert len(registry.history(model)) == 1
    kept = decisions(registry, model, 2)
    assert [each["promoted"] for each in kept] == [False, False]
    assert kept[0] == json.loads(found.decision.to_json())


@pytest.mark.parametrize("evaluation", [FIRST, BETTER])
def test_a_challenger_is_held_against_what_is_live(
    registry: Registry, versions_of: Versions, evaluation: Evaluation
) -> None:
    model = versions_of(3)
    registry.promote(model, 2, who="ada", why="meanwhile")
    found = promote_if_better(registry, model, 3, evaluation, accuracy, GATE, who="pipeline")
    assert [refusal.reason for refusal in found.decision.refusals] == [Reason.CHAMPION_CHANGED]
    assert registry.live(model) == 2


def test_lineage_is_part_of_the_gate(
    registry: Registry, tracker: Tracker, versions_of: Versions, lineage: Lineage
) -> None:
    model = versions_of(1)
    seen = dataclasses.replace(FIRST, data_hash=lineage.data_hash)
    found = promote_if_better(registry, model, 1, seen, accuracy, GATE, who="pipeline")
    assert [refusal.reason for refusal in found.decision.refusals] == [Reason.SEEN_IN_TRAINING]
    changed = dataclasses.replace(lineage, code_revision=lineage.code_revision + "-dirty-0123")
    with tracker.run("changed", changed) as run_id:
        pass
    version = registry.register(model, run_id, "file:///nowhere").version
    found = promote_if_better(registry, model, version, FIRST, accuracy, GATE, who="pipeline")
    assert [refusal.reason for refusal in found.decision.refusals] == [Reason.NOT_REPRODUCIBLE]
    lax = dataclasses.replace(GATE, reproducible_code=False)
    assert promote_if_better(registry, model, version, FIRST, accuracy, lax, who="p").move
