"""The shipping of the chain: a good release goes out, a bad one comes back."""

from typing import Any

import pytest
from chain_ship import PLAN

pytestmark = pytest.mark.slow
LAB = "fraud_6_ship"


def test_a_bad_release_comes_back_and_a_good_one_goes_out(played: dict[str, Any]) -> None:
    assert played[LAB]["verdicts"] == {"good": "promote", "bad": "roll back"}


def test_the_canary_is_judged_by_every_decision_of_the_scorer(played: dict[str, Any]) -> None:
    decided = played["fraud_5_scoring"]["decided"]
    assert played[LAB]["judged"] == {"good": decided, "bad": decided}


def test_pods_follow_the_traffic_of_the_simulation(played: dict[str, Any]) -> None:
    fewest, most = played[LAB]["pods"]
    assert fewest == PLAN["least"] < most <= PLAN["most"]


def test_half_an_index_is_refused(played: dict[str, Any]) -> None:
    (problem,) = played[LAB]["gate"]
    assert (problem["platform"], problem["problem"]) == ("linux/arm64", "missing platform")


def test_one_image_is_built_and_payments_change_hands_once(played: dict[str, Any]) -> None:
    told = played[LAB]
    assert told["builds"] == 1 and told["shipped"] == PLAN["image"]
    assert told["move"].index("pause blue") < told["move"].index("consume green")
    assert told["nothing_to_undo"] == []
