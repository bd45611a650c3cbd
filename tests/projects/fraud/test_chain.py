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


def test_features_are_the_projects_over_all_that_the_intake_stored(played: dict[str, Any]) -> None:
    told = played[FEATURES]
    assert told["wrong_fields"] == []
    assert told["rows_stored"] == played["fraud_2_event_backbone"]["sold"]
    assert told["rows_asked"] == told["rows_due"] > told["rows_stored"] / 2
    assert max(told["from_the_projects"].values()) < 1e-8


def test_the_baseline_learns_from_these_features_and_waits_for_labels(
    played: dict[str, Any],
) -> None:
    told = played[BASELINE]
    assert told["first_test_day"] - told["last_train_day"] == 8
    assert told["risk_from_the_projects"] < 1e-9
    assert set(played[FEATURES]["from_the_projects"]) < set(told["learned_on"])
    assert told["average_precision"] > 0.3 > 3 * told["average_precision_by_amount"]


def test_the_baseline_means_its_probabilities(played: dict[str, Any]) -> None:
    told = played[BASELINE]
    assert told["error_calibrated"] < told["error"] / 2
    assert 0 < told["level"] < 0.5


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
    assert told["faults_of_the_dashboard"] == []


def test_what_is_exposed_are_the_decisions_of_the_scorer(played: dict[str, Any]) -> None:
    told, scored = played["fraud_7_operate"], played["fraud_5_scoring"]
    alerts, decided = scored["alerts"], scored["decided"]
    assert told["exposed"] == [alerts, decided - alerts] and told["timed"] == decided
    assert told["seconds"] == pytest.approx(told["seconds_due"])


def test_a_drift_is_acted_on_once_and_a_calm_month_never(played: dict[str, Any]) -> None:
    told = played["fraud_8_retrain"]
    assert told["retrained_when_calm"] == [] and told["alarms_when_calm"] <= 2
    assert told["retrained_when_dearer"] == [told["made"]]
    assert told["alarms_when_dearer"] >= 3
    assert told["learned"][1] + 1 == told["tested"][0]
    assert told["tested"][1] == told["made"] - 7


def test_the_watch_sees_every_decision_of_the_scorer(played: dict[str, Any]) -> None:
    told, scored = played["fraud_8_retrain"], played["fraud_5_scoring"]
    seen = [scored["decided"], scored["alerts"]]
    assert told["watched_when_calm"] == told["watched_when_dearer"] == seen


def test_the_scorer_takes_over_from_a_rule_of_thumb_and_back(played: dict[str, Any]) -> None:
    told = played["fraud_8_retrain"]
    assert told["verdict"] == "promote" and told["low"] > 0
    assert told["gain"] == pytest.approx(told["gain_due"])
    assert told["back"]["verdict"] == "keep"
    assert told["canary"] == ["go on", "stop"]
    assert told["late"] == "champion changed" and told["live"] == [1, 2, 1]


def test_the_whole_catches_what_a_rule_of_thumb_does_not(played: dict[str, Any]) -> None:
    told = played[chain_steps.WHOLE]
    assert told["payments"] == played["fraud_5_scoring"]["decided"]
    assert told["frauds_caught"] > 2 * told["frauds_caught_by_amount"]
    assert told["card_precision"] > 4 * told["card_precision_by_amount"]
    assert told["cost"] < 0.7 * min(told["cost_of_no_alert"], told["cost_by_amount"])
