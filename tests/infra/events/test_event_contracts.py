"""Events keep what they say over JSON, old versions are read as the newest, the rest is told."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from infra.events.contract import Contract, Payload
from infra.events.contracts import Contracts, Rule
from infra.events.errors import ContractError


class PaidFirst(Payload):
    cents: int


class Paid(Payload):
    amount: Decimal
    at: datetime
    kind: Literal["card", "cash"] = "card"
    note: str | None = None


def _with_amount(data: dict[str, Any]) -> dict[str, Any]:
    return {"amount": str(Decimal(data["cents"]) / 100), "at": "2026-01-01T00:00:00Z"}


FIRST = Contract("paid", 1, PaidFirst)
SECOND = Contract("paid", 2, Paid, upcast=_with_amount)
CONTRACTS = Contracts([FIRST, SECOND], rule=Rule.BACKWARD)
MOMENTS = st.datetimes(timezones=st.just(UTC))


@given(
    amount=st.decimals(allow_nan=False, allow_infinity=False, places=4),
    at=MOMENTS,
    time=MOMENTS,
    note=st.none() | st.text(),
)
def test_what_is_written_is_read(
    amount: Decimal, at: datetime, time: datetime, note: str | None
) -> None:
    event = SECOND.new(Paid(amount=amount, at=at, note=note), producer="till", time=time)
    assert CONTRACTS.read(CONTRACTS.write(event)) == event


@given(cents=st.integers(min_value=0, max_value=10**12))
def test_an_old_version_is_read_as_the_newest(cents: int) -> None:
    old = FIRST.new(PaidFirst(cents=cents), producer="till")
    event = CONTRACTS.read(CONTRACTS.write(old))
    assert (event.version, event.data.amount * 100) == (2, cents)
    assert (event.id, event.time) == (old.id, old.time)


def test_the_time_is_kept_in_utc() -> None:
    there = datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    event = FIRST.new(PaidFirst(cents=1), producer="till", time=there)
    assert json.loads(CONTRACTS.write(event))["time"] == "2026-02-28T20:00:00Z"
    with pytest.raises(ValidationError, match="timezone"):
        FIRST.new(PaidFirst(cents=1), producer="till", time=datetime(2026, 3, 1))


def test_an_effect_has_the_same_id_however_often_its_cause_is_handled() -> None:
    cause = FIRST.new(PaidFirst(cents=1), producer="till")
    again = CONTRACTS.read(CONTRACTS.write(cause))
    effects = [
        FIRST.new(PaidFirst(cents=2), producer="p", cause=one, role=role)
        for one in (cause, again)
        for role in ("", "copy")
    ]
    assert effects[0] == effects[2]
    assert len({effect.id for effect in effects}) == 2
    assert {effect.time for effect in effects} == {cause.time}
    assert FIRST.new(PaidFirst(cents=2), producer="p").id != effects[0].id


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"event": None}, "are no event: event: Input should be a valid string"),
        ({"version": 0}, "version: Input should be greater than or equal to 1"),
        ({"version": 3}, "is newer than 2.*release the reader first"),
        ({"event": "refunded"}, "no event 'refunded'; known are \\['paid'\\]"),
        ({"id": "seven"}, "version 2 is not as its contract says: id:"),
        ({"time": "2026-01-01T00:00:00"}, "time: Input should have timezone info"),
        ({"producer": ""}, "producer: String should have at least 1 character"),
        ({"data": {"amount": "x", "at": "2026-01-01T00:00:00Z"}}, "data.amount:"),
        ({"data": {"amount": "1", "at": "2026-01-01T00:00:00Z", "kind": "gold"}}, "data.kind:"),
        ({"version": 1, "data": {"pounds": 3}}, "could not be made version 2: KeyError: 'cents'"),
    ],
)
def test_what_is_no_event_is_told_by_field(change: dict[str, Any], said: str) -> None:
    good = SECOND.new(Paid(amount=Decimal(1), at=datetime.now(UTC)), producer="till")
    tree = json.loads(CONTRACTS.write(good)) | change
    with pytest.raises(ContractError, match=said):
        CONTRACTS.read(json.dumps(tree).encode())


@pytest.mark.parametrize("raw", [None, b"", b"{", b"[]", b"\xff\xfe", b'"text"'])
def test_bytes_that_are_no_event_are_told(raw: bytes | None) -> None:
    with pytest.raises(ContractError, match="no event"):
        CONTRACTS.read(raw)


def test_a_value_is_not_shown_in_an_error() -> None:
    tree = {"event": "paid", "version": 2, "data": {"amount": "card 4111 1111"}}
    with pytest.raises(ContractError) as caught:
        CONTRACTS.read(json.dumps(tree).encode())
    assert "4111" not in str(caught.value)


def test_a_newer_version_is_read_where_the_rule_promises_that() -> None:
    tolerant = Contracts([FIRST], rule=Rule.FORWARD)
    newer = {"cents": 3, "currency": "EUR"}
    event = FIRST.new(PaidFirst(cents=1), producer="till")
    tree = json.loads(tolerant.write(event)) | {"version": 7, "data": newer}
    read = tolerant.read(json.dumps(tree).encode())
    assert (read.version, read.data) == (7, PaidFirst(cents=3))


def test_only_events_of_known_contracts_are_written() -> None:
    stranger = Contract("refunded", 1, PaidFirst).new(PaidFirst(cents=1), producer="till")
    with pytest.raises(ContractError, match="refunded version 1 is no contract here"):
        CONTRACTS.write(stranger)
    wrong = stranger.model_copy(update={"event": "paid", "version": 2})
    with pytest.raises(ContractError, match="holds Paid, not PaidFirst"):
        CONTRACTS.write(wrong)


@pytest.mark.parametrize(
    ("contracts", "said"),
    [
        ([FIRST, FIRST], "version 1 is there twice"),
        ([FIRST, Contract("paid", 3, Paid)], r"versions \[1, 3\]: keep each one"),
        ([SECOND], "upcasts from version 1, which is not here"),
    ],
)
def test_versions_without_gaps(contracts: list[Contract[Any]], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        Contracts(contracts)


def test_a_float_that_json_does_not_know_is_refused() -> None:
    class Measured(Payload):
        value: float

    with pytest.raises(ValidationError, match="finite"):
        Measured(value=float("nan"))
