"""What crosses the wire keeps its promises, to the versions published before as well."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from infra.events.compatibility import require_compatible, require_unchanged
from infra.events.contracts import Contracts
from infra.events.errors import ContractError
from projects.fraud import contracts
from projects.fraud.contracts import CONTRACTS, DECISION, PAYMENT, Decision, Payment, Reason

PUBLISHED = Path(contracts.__file__).parent / "published_contracts"
NOON_IN_RIGA = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))
PAYMENT_AT_NOON = Payment(
    transaction_id=1, at=NOON_IN_RIGA, customer_id=2, terminal_id=3, amount_cents=1_234
)


def test_published_contracts_stay_and_agree():
    require_unchanged(CONTRACTS, PUBLISHED)
    require_compatible(CONTRACTS)


def test_a_field_without_a_default_would_break_the_rule():
    class Asking(Payment):
        currency: str

    class Giving(Payment):
        currency: str = "EUR"

    require_compatible(Contracts((PAYMENT, replace(PAYMENT, version=2, payload=Giving))))
    with pytest.raises(ContractError, match="currency"):
        require_compatible(Contracts((PAYMENT, replace(PAYMENT, version=2, payload=Asking))))


def test_events_survive_the_wire_with_their_times_in_utc():
    decided = Decision(
        **PAYMENT_AT_NOON.model_dump(),
        score=0.25,
        threshold=0.2,
        alert=True,
        model_version="fraud-detector/1",
        reasons=(Reason(feature="TX_AMOUNT", value=12.34, contribution=0.5),),
    )
    assert PAYMENT_AT_NOON.at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert PAYMENT_AT_NOON.at.utcoffset() == timedelta(0)
    for contract, data in ((PAYMENT, PAYMENT_AT_NOON), (DECISION, decided)):
        event = contract.new(data, producer="test", time=data.at)
        assert CONTRACTS.read(CONTRACTS.write(event)) == event
    assert contracts.key_of(decided) == "2"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("at", "2026-03-01T12:00:00"),
        ("at", 1_772_359_200),
        ("amount_cents", 12.5),
        ("amount_cents", -1),
        ("customer_id", "2"),
    ],
)
def test_what_is_not_as_agreed_is_refused_by_name(field, value):
    event = PAYMENT.new(PAYMENT_AT_NOON, producer="test", time=PAYMENT_AT_NOON.at)
    tree = json.loads(CONTRACTS.write(event))
    tree["data"][field] = value
    with pytest.raises(ContractError, match=f"data.{field}"):
        CONTRACTS.read(json.dumps(tree).encode())
