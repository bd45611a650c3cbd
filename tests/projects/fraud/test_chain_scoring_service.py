"""The streaming scorer of the chain: every payment decided once, whatever crashed."""

from typing import Any

import pytest
from chain_scoring_service import LIVES, OUTAGE, POISON

pytestmark = pytest.mark.slow
LAB = "fraud_5_scoring"


def test_every_payment_has_one_decision_whatever_crashed(played: dict[str, Any]) -> None:
    told = played[LAB]
    assert 3 < told["crashes"] <= len(LIVES)
    assert told["decided"] == told["payments"] == told["decided_after_repair"]
    assert told["same_bytes_after_crashes"]
    assert told["dead"] == [0, 0, len(POISON)] and told["put_back"] == len(POISON)
    assert 0 < told["retried"] <= len(OUTAGE)


def test_the_desk_shows_what_the_scorer_found(played: dict[str, Any]) -> None:
    told = played[LAB]
    shown = {"shown": told["alerts"], "falling": True, "feedback": 1, "stranger": 401}
    assert told["desk"] == shown and told["alerts"] > 10
    assert told["average_precision"] > 2 * told["average_precision_by_amount"]


def test_batches_keep_the_promise_at_240_a_second(played: dict[str, Any]) -> None:
    assert played[LAB]["p95"] <= 0.15 < played[LAB]["p95_alone"]
