"""A challenger is let through for what it shows, and refused with reasons that are data."""

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from autograder.errors import CourseError
from infra.tracking.bootstrap import Array, BootstrapConfig, Units, bootstrap_interval
from infra.tracking.promotion_gate import (
    Decision,
    Evaluation,
    GateConfig,
    Reason,
    decide,
)

BOOTSTRAP = BootstrapConfig(resamples=300)
GATE = GateConfig("accuracy", least_metric=0.6, bootstrap=BOOTSTRAP)


def accuracy(truth: Array, predicted: Array) -> float:
    return float(np.mean(truth == predicted))


def predicting(truth: Array, right: float, seed: int) -> Array:
    hit = np.random.default_rng(seed).random(len(truth)) < right
    return np.where(hit, truth, 1 - truth)


def truth_of(rows: int) -> Array:
    return np.random.default_rng(0).integers(0, 2, rows)


def evaluation(
    challenger: float, champion: float | None, rows: int = 1000, **more: Any
) -> Evaluation:
    truth = truth_of(rows)
    return Evaluation(
        truth=truth,
        challenger=predicting(truth, challenger, 1),
        champion=None if champion is None else predicting(truth, champion, 2),
        champion_version=None if champion is None else 1,
        data_hash="evaluation",
        **more,
    )


def reasons(decision: Decision) -> set[Reason]:
    return {refusal.reason for refusal in decision.refusals}


def test_a_better_challenger_is_let_through() -> None:
    decision = decide(evaluation(0.9, 0.7), accuracy, GATE)
    assert decision.promoted
    assert decision.interval is not None
    assert 0 < decision.interval.low < decision.interval.estimate < decision.interval.high


@pytest.mark.parametrize("challenger", [0.7, 0.6])
def test_a_challenger_not_shown_to_be_better_is_refused(challenger: float) -> None:
    decision = decide(evaluation(challenger, 0.7), accuracy, GATE)
    assert reasons(decision) == {Reason.NOT_BETTER}
    refusal = decision.refusals[0]
    assert decision.interval is not None
    assert (refusal.found, refusal.bound) == (decision.interval.low, 0.0)


def test_the_champion_itself_is_no_challenger() -> None:
    same = evaluation(0.8, 0.8)
    same = dataclasses.replace(same, champion=same.challenger)
    assert reasons(decide(same, accuracy, GATE)) == {Reason.NOT_BETTER}
    assert decide(same, accuracy, dataclasses.replace(GATE, least_gain=-0.01)).promoted


def test_a_first_model_must_be_good_enough_by_itself() -> None:
    assert decide(evaluation(0.7, None), accuracy, GATE).promoted
    assert reasons(decide(evaluation(0.61, None), accuracy, GATE)) == {Reason.NOT_GOOD_ENOUGH}


def test_a_loss_is_better_when_lower() -> None:
    def loss(truth: Array, predicted: Array) -> float:
        return 1 - accuracy(truth, predicted)

    gate = dataclasses.replace(GATE, metric="loss", least_metric=0.4, higher_is_better=False)
    assert decide(evaluation(0.9, 0.7), loss, gate).promoted
    assert reasons(decide(evaluation(0.7, 0.9), loss, gate)) == {Reason.NOT_BETTER}
    assert decide(evaluation(0.7, None), loss, gate).promoted
    assert reasons(decide(evaluation(0.58, None), loss, gate)) == {Reason.NOT_GOOD_ENOUGH}


def with_a_segment_spoilt(rows_spoilt: int) -> Evaluation:
    country = np.array(["ch"] * rows_spoilt + ["de"] * (1000 - rows_spoilt))
    found = evaluation(0.95, 0.7, segments={"country": country})
    challenger = found.challenger.copy()
    challenger[:rows_spoilt] = predicting(found.truth[:rows_spoilt], 0.4, 3)
    return dataclasses.replace(found, challenger=challenger)


def test_a_gain_in_the_mean_does_not_hide_a_segment_that_got_worse() -> None:
    decision = decide(with_a_segment_spoilt(150), accuracy, GATE)
    assert decision.interval is not None and decision.interval.low > 0
    (refusal,) = decision.refusals
    assert (refusal.reason, refusal.segment) == (Reason.SEGMENT_WORSE, "country=ch")
    measured = {segment.name: segment.gain for segment in decision.segments}
    assert refusal.found == measured["country=ch"] == min(g for g in measured.values() if g)
    tolerant = dataclasses.replace(GATE, segment_tolerance=0.5)
    assert decide(with_a_segment_spoilt(150), accuracy, tolerant).promoted


def test_a_segment_too_small_to_judge_is_named() -> None:
    decision = decide(with_a_segment_spoilt(50), accuracy, GATE)
    assert decision.promoted
    unjudged = [segment for segment in decision.segments if segment.gain is None]
    assert [(each.name, each.rows) for each in unjudged] == [("country=ch", 50)]
    assert unjudged[0].why_not == "fewer than 100 rows"


@pytest.mark.parametrize("segment", ["", "half"])
def test_a_metric_that_is_not_finite_never_promotes(segment: str) -> None:
    def undefined(truth: Array, predicted: Array) -> float:
        return float("nan")

    decision = decide(evaluation(0.9, 0.7, segments={"s": np.full(1000, segment)}), undefined, GATE)
    assert reasons(decision) == {Reason.NOT_DEFINED}


def test_predictions_that_are_not_finite_are_refused() -> None:
    found = evaluation(0.9, 0.7)
    challenger = found.challenger.astype(float)
    challenger[3] = np.nan
    decision = decide(dataclasses.replace(found, challenger=challenger), accuracy, GATE)
    assert reasons(decision) == {Reason.NOT_FINITE}
    assert decision.refusals[0].found == 1


def test_too_few_rows_are_refused() -> None:
    decision = decide(evaluation(0.9, 0.5, rows=99), accuracy, GATE)
    assert reasons(decision) == {Reason.TOO_FEW_ROWS}
    empty = dataclasses.replace(GATE, least_rows=0)
    assert reasons(decide(evaluation(0.9, 0.5, rows=0), accuracy, empty)) == {Reason.TOO_FEW_ROWS}


def test_arrays_that_do_not_fit_are_named() -> None:
    with pytest.raises(CourseError, match="1000 rows of truth, 3 of country"):
        evaluation(0.9, 0.7, segments={"country": np.arange(3)})
    with pytest.raises(CourseError, match="not both"):
        dataclasses.replace(evaluation(0.9, 0.7), champion_version=None)


def test_a_ranking_metric_with_few_positives_is_judged() -> None:
    generator = np.random.default_rng(4)
    truth = (generator.random(3000) < 0.02).astype(int)
    weak, strong = (truth * size + generator.normal(size=3000) for size in (1.0, 3.0))
    found = Evaluation(truth, strong, weak, "evaluation", 1)
    few = BootstrapConfig(resamples=100)
    gate = dataclasses.replace(GATE, metric="average precision", bootstrap=few)
    assert decide(found, average_precision_score, gate).promoted
    turned = dataclasses.replace(found, challenger=weak, champion=strong)
    assert reasons(decide(turned, average_precision_score, gate)) == {Reason.NOT_BETTER}


def test_a_decision_is_data() -> None:
    decision = decide(with_a_segment_spoilt(150), accuracy, GATE)
    read = json.loads(decision.to_json())
    assert read["promoted"] is False
    assert read["refusals"][0]["reason"] == "worse in a segment"
    assert read["refusals"][0]["segment"] == "country=ch"
    assert read["interval"]["low"] == decision.interval.low if decision.interval else False


def test_equal_models_are_promoted_as_seldom_as_the_interval_says() -> None:
    """At 95% two-sided an equal challenger passes in 2.5% of trials; 20 of 300 is beyond 99.99%."""
    truth = truth_of(400)
    passed = 0
    for trial in range(300):
        challenger, champion = (predicting(truth, 0.8, 2 * trial + n) for n in (1000, 1001))
        config = BootstrapConfig(resamples=200, seed=trial)
        found = Evaluation(truth, challenger, champion, "evaluation", 1)
        passed += decide(found, accuracy, dataclasses.replace(GATE, bootstrap=config)).promoted
    assert 0 < passed < 20


def test_the_interval_of_a_mean_is_the_textbook_one() -> None:
    values = np.random.default_rng(5).normal(size=2000)
    found = bootstrap_interval(
        lambda rows: float(values[rows].mean()),
        Units.of(2000, None),
        BootstrapConfig(resamples=4000),
    )
    half = 1.96 * values.std() / np.sqrt(2000)
    assert found.estimate == pytest.approx(values.mean())
    assert found.high - found.estimate == pytest.approx(half, rel=0.08)
    assert found.estimate - found.low == pytest.approx(half, rel=0.08)


def test_rows_of_one_group_are_drawn_together() -> None:
    """Ten copies of each row tell no more than one: only drawing by group knows that."""
    values = np.repeat(np.random.default_rng(6).normal(size=100), 10)
    groups = np.repeat(np.arange(100), 10)

    def width(units: Units) -> float:
        found = bootstrap_interval(lambda rows: float(values[rows].mean()), units, BOOTSTRAP)
        return found.high - found.low

    single, grouped = width(Units.of(1000, None)), width(Units.of(1000, groups))
    assert grouped == pytest.approx(single * np.sqrt(10), rel=0.2)


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=20), st.data())
def test_units_hold_each_row_once_and_are_drawn_whole(
    labels: list[int], data: st.DataObject
) -> None:
    groups = np.array(labels)
    units = Units.of(len(groups), groups)
    names = np.unique(groups)
    chosen = np.array(data.draw(st.lists(st.integers(0, len(names) - 1), min_size=1, max_size=6)))
    wanted = [row for unit in chosen for row in np.flatnonzero(groups == names[unit])]
    assert units.rows_of(chosen).tolist() == wanted


def test_a_bootstrap_that_cannot_be_is_refused() -> None:
    for wrong in ({"resamples": 0}, {"confidence": 1.0}):
        with pytest.raises(ValueError, match="at least 1"):
            BootstrapConfig(**wrong)
