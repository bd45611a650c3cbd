"""The milestones' official answers, put together, are a system that works.

A milestone that leaves a module, a draft too, needs a step in chain_steps.py and a test here.
"""

from pathlib import Path
from typing import Any

import chain_steps
import pytest

pytestmark = pytest.mark.slow

SCAFFOLD, BASELINE = "fraud_1_scaffold", "fraud_3_baseline_model"
FEATURES = "fraud_4_features"


def test_every_milestone_that_leaves_a_module_has_its_step(labs: list[Path]) -> None:
    assert BASELINE in [lab.name for lab in labs]
    assert {lab.name for lab in labs} == set(chain_steps.STEPS)


def test_the_repository_takes_the_modules_and_no_key(played: dict[str, Any]) -> None:
    told = played[SCAFFOLD]
    assert told["careless"] == ["commit_message"]
    assert told["committed"] == {"committed": True, "problems": [], "findings": []}
    assert told["leaking"] == [{"path": "shop/keys.py", "line": 1, "rule": "aws_key"}]
    assert not told["shows_the_key"]


def test_features_are_the_projects_in_batch_and_on_the_stream(played: dict[str, Any]) -> None:
    for told in played[FEATURES].values():
        assert told["wrong_fields"] == []
        assert told["batch_from_the_projects"] < 1e-9 and told["stream_from_batch"] < 1e-9


def test_the_baseline_ranks_and_waits_for_its_labels(played: dict[str, Any]) -> None:
    told = played[BASELINE]
    assert told["first_test_day"] - told["last_train_day"] == 8
    assert told["risk_is_the_projects"]
    assert told["average_precision"] > 0.3 > 3 * told["average_precision_by_amount"]
    assert told["card_precision"] > 4 * told["card_precision_by_amount"]


def test_the_baseline_means_its_probabilities_and_saves_money(played: dict[str, Any]) -> None:
    told = played[BASELINE]
    assert told["error_calibrated"] < told["error_tilted"] / 20
    assert 0 < told["level"] < 0.5
    assert told["cost"] < 0.7 * told["cost_of_no_alert"]
    assert told["cost"] < 0.8 * told["cost_of_one_half"]


def test_the_baseline_is_in_charge_with_its_lineage(played: dict[str, Any]) -> None:
    told = played[BASELINE]
    assert told["champion"] == {
        "version": 1,
        "data_hash": told["hash_of_shuffled"],
        "code_revision": played[SCAFFOLD]["revision"],
    }


def test_operating_pages_when_decisions_stand_still_and_only_then(played: dict[str, Any]) -> None:
    told = played["fraud_7_operate"]
    assert told["p95"] <= chain_steps.OBJECTIVE and told["headroom"] > 0
    assert told["pages_when_well"] == []
    (paged,) = told["pages_when_still"]
    begun = chain_steps.STANDS_STILL[0] / 60
    assert begun <= paged <= begun + 10
    assert told["alerts_exposed"] == told["alerts"] > 0
    assert told["faults_of_the_dashboard"] == []


def test_a_drift_is_acted_on_once_and_a_calm_month_never(played: dict[str, Any]) -> None:
    told = played["fraud_8_retrain"]
    assert told["retrained_when_calm"] == [] and told["alarms_when_calm"] <= 2
    assert told["retrained_when_dearer"] == [told["made"]]
    assert told["alarms_when_dearer"] >= 3
    assert told["learned"][1] + 1 == told["tested"][0]
    assert told["tested"][1] == told["made"] - 7


def test_the_baseline_takes_over_from_a_rule_of_thumb_and_back(played: dict[str, Any]) -> None:
    told = played["fraud_8_retrain"]
    assert told["verdict"] == "promote" and told["low"] > 0
    assert told["back"]["verdict"] == "keep"
    assert told["canary"] == ["go on", "stop"]
    assert told["late"] == "champion changed" and told["live"] == [1, 2, 1]
