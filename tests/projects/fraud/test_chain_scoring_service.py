"""The streaming scorer of the chain: every payment decided once, whatever crashed."""

from typing import Any

import pytest
from chain_scoring_service import AGAIN, LIVES, OUTAGE, POISON

pytestmark = pytest.mark.slow
LAB, BASELINE = "fraud_5_scoring", "fraud_3_baseline_model"


def test_every_payment_has_one_decision_whatever_crashed(played: dict[str, Any]) -> None:
    told = played[LAB]
    assert 3 < told["crashes"] <= len(LIVES)
    assert told["decided"] == told["payments"] == played[BASELINE]["week"]
    assert told["undecided"] == 0 and told["decided_again"] == [AGAIN, AGAIN]
    assert told["same_bytes_after_crashes"]
    assert told["dead"] == [0, 0, len(POISON)] and told["put_back"] == len(POISON)
    assert told["repaired_as_in_time"] == [True] * len(POISON)
    assert 0 < told["retried"] <= len(OUTAGE)


def test_the_scorer_reckons_with_what_the_model_learned_on(played: dict[str, Any]) -> None:
    assert played[LAB]["served"] == played[BASELINE]["learned_on"]
    assert played[LAB]["features_from_offline"] < 1e-8


def test_the_scorer_decides_with_the_baseline_at_its_level(played: dict[str, Any]) -> None:
    told = played[LAB]
    assert told["models"] == [f"fraud-detector-{played[BASELINE]['champion']['version']}"]
    # The scorer writes six digits.
    assert told["scores_from_the_models"] < 1e-6
    assert told["alerts_that_differ"] == 0 < told["alerts"]
    assert told["probabilities_from_the_models"] < 0.01


def test_the_desk_shows_what_the_scorer_found(played: dict[str, Any]) -> None:
    told = played[LAB]
    shown = {"shown": told["alerts"], "falling": True, "feedback": 1, "stranger": 401}
    assert told["desk"] == shown and told["alerts"] > 10


def test_batches_keep_the_promise_at_240_a_second(played: dict[str, Any]) -> None:
    assert played[LAB]["p95"] <= 0.15 < played[LAB]["p95_alone"]
