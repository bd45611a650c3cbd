"""The event backbone of the chain: every payment stored once, whatever crashed."""

from typing import Any

import pytest
from chain_backbone import POISON

pytestmark = pytest.mark.slow
LAB = "fraud_2_event_backbone"


def test_every_payment_is_stored_once_to_the_cent(played: dict[str, Any]) -> None:
    told = played[LAB]
    assert told["lost"] == told["twice"] == 0
    assert told["letters"] == len(POISON)
    assert told["cents"] == told["cents_sold"] > 0
    assert told["rows"] == told["sold"] and told["ids_are_those_sold"]


def test_days_are_those_of_the_payments_in_few_files(played: dict[str, Any]) -> None:
    told = played[LAB]
    assert told["days"] == told["days_sold"]
    before, after = told["files"]
    assert len(told["days"]) <= after < before / 2


def test_topics_are_made_once(played: dict[str, Any]) -> None:
    assert played[LAB]["made"] == played[LAB]["again"] == ["payments", "payments.dead"]
