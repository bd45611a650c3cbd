"""Keys: what is kept of them, who gets in, and at which price."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits.aio.storage import MemoryStorage
from served_example import PARCEL
from sqlalchemy.exc import SQLAlchemyError

from infra.serving.authentication import Authenticator
from infra.serving.configuration import KeyConfig
from infra.serving.errors import RefusedError
from infra.serving.key_hashing import Token, hash_secret, is_secret_of
from infra.serving.key_store import KeyStore
from infra.serving.quotas import Quotas


def test_neither_key_nor_secret_is_kept_or_printed(store: KeyStore, tmp_path: Path) -> None:
    token = store.create("ada")
    raw = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert token.id.encode() in raw and token.secret.encode() not in raw
    record = store.find(token.id)
    assert record is not None and record.hashed.startswith("scrypt$14$8$1$")
    assert token.secret not in repr(token) and record.hashed not in repr(record)
    assert (tmp_path / "keys.db").stat().st_mode & 0o077 == 0


def test_the_same_secret_is_hashed_to_another_value_each_time() -> None:
    token = Token.new()
    first, second = hash_secret(token.secret), hash_secret(token.secret)
    assert first != second
    assert is_secret_of(token.secret, first) and is_secret_of(token.secret, second)
    assert not is_secret_of(Token.new().secret, first)
    with pytest.raises(ValueError, match="not scrypt"):
        is_secret_of(token.secret, "md5$1$1$1$c2FsdA==$aGFzaA==")


@given(st.text())
def test_what_is_not_a_key_is_never_read_as_one(text: str) -> None:
    found = Token.parse(text)
    assert found is None or found.reveal() == text


def test_a_key_can_be_read_as_it_was_shown() -> None:
    token = Token.new()
    assert Token.parse(token.reveal()) == token


def test_keys_are_listed_and_revoked_once(store: KeyStore) -> None:
    first, second = store.create("ada", quota="5/minute"), store.create("bob")
    assert [record.owner for record in store.all()] == ["ada", "bob"]
    assert store.revoke(first.id) and not store.revoke(first.id)
    assert not store.revoke("000000000000")
    live = {record.owner: record.is_live(datetime.now(UTC)) for record in store.all()}
    assert live == {"ada": False, "bob": True}
    assert store.find(second.id) == store.all()[1]
    with pytest.raises(ValueError, match="couldn't parse"):
        store.create("eve", quota="many")


async def refusal(authenticator: Authenticator, key: str | None) -> RefusedError:
    with pytest.raises(RefusedError) as found:
        await authenticator.caller(key, "10.0.0.1")
    return found.value


def authenticator(store: KeyStore, **options: Any) -> Authenticator:
    return Authenticator(store, Quotas(MemoryStorage()), KeyConfig(**options))


@pytest.mark.anyio
async def test_unknown_wrong_revoked_and_expired_keys_are_refused_alike(store: KeyStore) -> None:
    good, revoked = store.create("ada"), store.create("bob")
    expired = store.create("old", expires_at=datetime.now(UTC) - timedelta(seconds=1))
    store.revoke(revoked.id)
    checks = authenticator(store)
    tried = [
        "nonsense",
        Token.new().reveal(),
        Token(good.id, Token.new().secret).reveal(),
        revoked.reveal(),
        expired.reveal(),
    ]
    told = [await refusal(checks, key) for key in tried]
    assert {(int(error.status), error.detail, error.reason) for error in told} == {
        (401, told[0].detail, "wrong_key")
    }
    assert int((await refusal(checks, None)).status) == 401
    assert (await checks.caller(good.reveal(), "10.0.0.1")).owner == "ada"


@pytest.mark.anyio
async def test_a_key_expires_even_while_it_is_remembered(store: KeyStore) -> None:
    now = [datetime.now(UTC)]
    token = store.create("ada", expires_at=now[0] + timedelta(hours=1))
    config = KeyConfig(recheck_seconds=86_400)
    checks = Authenticator(store, Quotas(MemoryStorage()), config, now=lambda: now[0])
    await checks.caller(token.reveal(), "10.0.0.1")
    now[0] += timedelta(hours=1)
    assert int((await refusal(checks, token.reveal())).status) == 401


@pytest.mark.anyio
async def test_a_revoked_key_works_no_longer_than_it_is_remembered(store: KeyStore) -> None:
    now = [0.0]
    token = store.create("ada")
    quotas = Quotas(MemoryStorage())
    checks = Authenticator(store, quotas, KeyConfig(recheck_seconds=5), clock=lambda: now[0])
    await checks.caller(token.reveal(), "10.0.0.1")
    store.revoke(token.id)
    now[0] = 4.9
    await checks.caller(token.reveal(), "10.0.0.1")
    now[0] = 5.0
    assert int((await refusal(checks, token.reveal())).status) == 401


@pytest.mark.anyio
async def test_the_slow_hash_is_paid_once_a_key(
    store: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid: list[str] = []

    def counted(secret: str, stored: str) -> bool:
        paid.append(stored)
        return is_secret_of(secret, stored)

    monkeypatch.setattr("infra.serving.authentication.is_secret_of", counted)
    token = store.create("ada").reveal()
    checks = authenticator(store, recheck_seconds=0)
    await asyncio.gather(*(checks.caller(token, "10.0.0.1") for _ in range(50)))
    for _ in range(20):
        await checks.caller(token, "10.0.0.1")
    assert len(paid) == 1


@pytest.mark.anyio
async def test_who_tries_many_keys_is_held_up_and_good_keys_of_that_address_are_not(
    store: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unasked(*_: str) -> bool:
        raise AssertionError("no hash is made for who is held up")

    good = store.create("ada").reveal()
    checks = authenticator(store, failures="3/minute")
    await checks.caller(good, "10.0.0.1")
    statuses = [int((await refusal(checks, f"wrong{n}")).status) for n in range(5)]
    assert statuses == [401, 401, 401, 429, 429]
    monkeypatch.setattr("infra.serving.authentication.is_secret_of", unasked)
    assert int((await refusal(checks, Token.new().reveal())).status) == 429
    assert (await checks.caller(good, "10.0.0.1")).owner == "ada"


@pytest.mark.anyio
async def test_a_store_that_is_away_is_told_apart_from_a_wrong_key(
    store: KeyStore, tmp_path: Path
) -> None:
    token = store.create("ada").reveal()
    with sqlite3.connect(tmp_path / "keys.db") as session:
        session.execute("drop table api_keys")
    error = await refusal(authenticator(store), token)
    assert (int(error.status), error.headers["Retry-After"]) == (503, "1")
    with pytest.raises(SQLAlchemyError):
        store.ping()


@pytest.mark.anyio
async def test_a_request_needs_a_key_and_health_does_not(running: Any, store: KeyStore) -> None:
    async with running() as (client, _):
        del client.headers["X-API-Key"]
        answer = await client.post("/v1/predict", json=PARCEL)
        assert answer.status_code == 401 and answer.headers["www-authenticate"] == "ApiKey"
        raw = [(b"x-api-key", b"\xff\xfe")]
        assert (await client.post("/v1/predict", json=PARCEL, headers=raw)).status_code == 401
        assert (await client.get("/health/ready")).status_code == 200
        key = store.create("bob").reveal()
        answer = await client.post("/v1/predict", json=PARCEL, headers={"X-API-Key": key})
        assert answer.status_code == 200
