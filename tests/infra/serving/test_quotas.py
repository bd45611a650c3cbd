"""Quotas in one process; the contract suite holds them to many."""

import asyncio
import socket
from typing import Any

import pytest
from limits.aio.storage import MemoryStorage
from served_example import PARCEL

from infra.serving.configuration import BatchingConfig, KeyConfig, ServingConfig, SheddingConfig
from infra.serving.errors import RefusedError
from infra.serving.quotas import Quotas, quota_storage
from infra.settings import Redis


@pytest.mark.anyio
async def test_each_key_has_a_quota_of_its_own_and_is_told_when_to_come_back(
    running: Any, store: Any
) -> None:
    async with running(quota="5/minute") as (client, _):
        asked = [client.post("/v1/predict", json=PARCEL) for _ in range(8)]
        answers = await asyncio.gather(*asked)
        assert sorted(answer.status_code for answer in answers) == [200] * 5 + [429] * 3
        late = [answer for answer in answers if answer.status_code == 429]
        assert all(50 <= int(answer.headers["retry-after"]) <= 60 for answer in late)
        assert "5 per 1 minute" in late[0].json()["detail"]
        other = {"X-API-Key": store.create("bob").reveal()}
        answer = await client.post("/v1/predict", json=PARCEL, headers=other)
        assert answer.status_code == 200


@pytest.mark.anyio
async def test_the_quota_comes_back_with_time() -> None:
    quotas = Quotas(MemoryStorage())
    await quotas.take("ada", "1/second")
    with pytest.raises(RefusedError) as found:
        await quotas.take("ada", "1/second")
    await asyncio.sleep(int(found.value.headers["Retry-After"]))
    await quotas.take("ada", "1/second")


@pytest.mark.anyio
async def test_a_batch_counts_by_item_and_one_that_can_never_pass_is_told_so(
    running: Any,
) -> None:
    async with running(quota="5/minute") as (client, _):
        answer = await client.post("/v1/predict/batch", json={"items": [PARCEL] * 7})
        assert answer.status_code == 422 and "split it" in answer.json()["detail"]
        answer = await client.post("/v1/predict/batch", json={"items": [PARCEL] * 4})
        assert answer.status_code == 200
        assert (await client.post("/v1/predict", json=PARCEL)).status_code == 429


@pytest.mark.anyio
async def test_an_absent_store_refuses_or_lets_pass_as_configured() -> None:
    nowhere = quota_storage(Redis(host="127.0.0.1", port=1))
    with pytest.raises(RefusedError) as found:
        await Quotas(nowhere).take("ada", "1/minute")
    assert (int(found.value.status), found.value.reason) == (503, "quota_store")
    open_one = Quotas(nowhere, fails_open=True)
    await open_one.take("ada", "1/minute")
    await open_one.take("ada", "1/minute")
    with pytest.raises(ConnectionError):
        await open_one.ping()


@pytest.mark.anyio
async def test_a_store_that_accepts_and_does_not_answer_is_away_when_patience_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as starting:
        port = starting.getsockname()[1]
        store = quota_storage(Redis(host="127.0.0.1", port=port), patience=0.05)
        with pytest.raises(RefusedError) as found:
            await Quotas(store).take("ada", "1/minute")
    assert found.value.reason == "quota_store"


@pytest.mark.anyio
@pytest.mark.parametrize(("fails_open", "ready", "status"), [(True, 200, 200), (False, 503, 503)])
async def test_readiness_asks_for_the_store_only_where_requests_need_it(
    running: Any, fails_open: bool, ready: int, status: int
) -> None:
    nowhere = quota_storage(Redis(host="127.0.0.1", port=1))
    async with running(quotas=nowhere, quota_fails_open=fails_open) as (client, _):
        assert (await client.get("/health/ready")).status_code == ready
        assert (await client.post("/v1/predict", json=PARCEL)).status_code == status


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: ServingConfig("x", quota="often"),
        lambda: ServingConfig("x", max_items=257),
        lambda: ServingConfig("x", max_body_bytes=0),
        lambda: ServingConfig("x", watch_seconds=0),
        lambda: BatchingConfig(max_items=0),
        lambda: BatchingConfig(max_wait_ms=-1),
        lambda: SheddingConfig(max_queue=0),
        lambda: SheddingConfig(deadline_ms=0),
        lambda: KeyConfig(recheck_seconds=-1),
        lambda: KeyConfig(failures=""),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(wrong: Any) -> None:
    with pytest.raises(ValueError):
        wrong()
