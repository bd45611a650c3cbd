"""What callers of a service get, in this process."""

import asyncio
from typing import Any

import pytest
from served_example import PARCEL, Price, PriceList, sample

from infra.serving.api import Results
from infra.serving.configuration import BatchingConfig, SheddingConfig
from infra.serving.models import FixedModel

pytestmark = pytest.mark.anyio


async def test_one_item_is_answered_with_the_version_that_did(running: Any) -> None:
    async with running() as (client, _):
        answer = await client.post("/v1/predict", json=PARCEL)
        assert answer.status_code == 200
        assert answer.json() == {"answer": {"euros": 5.0}, "model_version": "1"}
        assert (
            await sample(client, "serving_requests_total", route="/v1/predict", status="200") == 1
        )


async def test_requests_that_come_together_share_batches_and_get_their_own_answers(
    running: Any,
) -> None:
    model = PriceList()
    batching = BatchingConfig(max_items=8, max_wait_ms=50)
    async with running(FixedModel(model), batching=batching) as (client, _):
        model.batches.clear()
        asked = [client.post("/v1/predict", json={**PARCEL, "grams": n + 1}) for n in range(40)]
        answers = await asyncio.gather(*asked)
        assert [round(a.json()["answer"]["euros"] * 100) for a in answers] == list(range(1, 41))
        assert sum(model.batches) == 40
        assert max(model.batches) <= 8
        assert len(model.batches) < 20
        assert await sample(client, "serving_batch_items_sum") == 40


async def test_an_item_that_fails_harms_no_other_and_order_is_kept(running: Any) -> None:
    items = [
        {"grams": 100, "country": "DE"},
        {"grams": 200, "country": "AT"},
        {"grams": 666, "country": "DE"},
        {"grams": 777, "country": "DE"},
        {"grams": 300, "country": "FR"},
    ]
    async with running() as (client, _):
        answer = await client.post("/v1/predict/batch", json={"items": items})
        assert answer.status_code == 200
        Results[Price].model_validate(answer.json())
        good, no_post, broken, not_a_number, last = answer.json()["results"]
        assert good["answer"] == {"euros": 1.0} and last["answer"] == {"euros": 3.0}
        assert no_post == {"error": "No post goes to AT."}
        assert broken == not_a_number == {"error": "The model failed on this item."}
        assert await sample(client, "serving_item_errors_total", fault="item") == 1
        assert await sample(client, "serving_item_errors_total", fault="model") == 2
        alone = await client.post("/v1/predict", json=items[1])
        assert (alone.status_code, alone.json()["detail"]) == (422, "No post goes to AT.")
        alone = await client.post("/v1/predict", json=items[2])
        assert alone.status_code == 500 and "hunter2" not in alone.text


async def test_what_is_wrong_is_named_with_its_field(running: Any) -> None:
    async with running() as (client, _):
        items = [PARCEL, {"grams": -5, "country": "Germany"}, {"country": "DE"}]
        answer = await client.post("/v1/predict/batch", json={"items": items})
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        found = {error["field"]: error["problem"] for error in answer.json()["errors"]}
        assert found == {
            "items[1].grams": "must be greater than 0, is -5",
            "items[1].country": "must match the pattern ^[A-Z]{2}$, is 'Germany'",
            "items[2].grams": "is missing",
        }
        assert answer.json()["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 422),
        (b"", 422),
        (b"[" * 50_000, 400),
        (b'{"grams": NaN, "country": "DE"}', 422),
        (b'{"grams": 1e999, "country": "DE"}', 422),
        (b'{"grams": ' + b"9" * 5000 + b', "country": "DE"}', 400),
        (b'{"grams": ' + b"9" * 4000 + b', "country": "DE"}', 422),
        (b'{"grams": 1, "country": "\\ud800"}', 422),
        (b'{"grams": 1, "country": "DE\\u0000"}', 422),
        (b'{"\xff": 1}', 400),
    ],
)
async def test_no_body_breaks_it(running: Any, body: bytes, status: int) -> None:
    async with running() as (client, _):
        answer = await client.post(
            "/v1/predict", content=body, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == status, answer.text
        assert answer.json()["request_id"]


async def test_a_body_past_the_limit_is_refused_told_or_not(running: Any) -> None:
    async def untold() -> Any:
        for _ in range(20):
            yield b" " * 100

    async with running(max_body_bytes=1000) as (client, _):
        for content in (b" " * 1001, untold()):
            headers = {"Content-Type": "application/json"}
            answer = await client.post("/v1/predict", content=content, headers=headers)
            assert answer.status_code == 413, answer.text
            assert "1000 bytes" in answer.json()["detail"]


async def test_a_full_queue_is_told_with_when_to_come_back(running: Any) -> None:
    model = PriceList(seconds_a_batch=0.05)
    async with running(
        FixedModel(model),
        batching=BatchingConfig(max_items=1, max_wait_ms=0),
        shedding=SheddingConfig(max_queue=3, deadline_ms=2000),
        max_items=3,
    ) as (client, _):
        asked = [client.post("/v1/predict", json=PARCEL) for _ in range(12)]
        answers = await asyncio.gather(*asked)
        shed = [answer for answer in answers if answer.status_code == 503]
        assert 4 <= len(shed) <= 9
        assert sum(answer.status_code == 200 for answer in answers) == 12 - len(shed)
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in shed)
        assert await sample(client, "serving_shed_total", reason="queue_full") == len(shed)


async def test_a_deadline_that_cannot_be_met_is_refused_at_once(running: Any) -> None:
    model = PriceList(seconds_a_batch=0.5)
    async with running(FixedModel(model), batching=BatchingConfig(max_items=1, max_wait_ms=0)) as (
        client,
        _,
    ):
        await client.post("/v1/predict", json=PARCEL)
        slow = asyncio.create_task(client.post("/v1/predict", json=PARCEL))
        await asyncio.sleep(0.05)
        begin = asyncio.get_running_loop().time()
        headers = {"X-Deadline-Ms": "200"}
        hasty = await client.post("/v1/predict", json=PARCEL, headers=headers)
        assert hasty.status_code == 503 and "200 ms are left" in hasty.json()["detail"]
        assert asyncio.get_running_loop().time() - begin < 0.2
        assert (await slow).status_code == 200
        # Nothing waits now, so it is tried, and the deadline passes in the model.
        late = await client.post("/v1/predict", json=PARCEL, headers=headers)
        assert late.status_code == 503
        assert await sample(client, "serving_shed_total", reason="deadline") == 1
        assert await sample(client, "serving_shed_total", reason="late") == 1


async def test_alive_and_ready_are_apart(running: Any) -> None:
    async with running() as (client, app):
        assert (await client.get("/health/ready")).status_code == 200
        app.state.service.begin_draining()
        answer = await client.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json()["problems"] == {"service": "is shutting down"}
        assert (await client.get("/health/live")).json() == {"alive": True}
        assert (await client.post("/v1/predict", json=PARCEL)).status_code == 200


async def test_what_waits_at_the_end_is_answered(running: Any) -> None:
    model = PriceList(seconds_a_batch=0.1)
    batching = BatchingConfig(max_items=4, max_wait_ms=0)
    async with running(FixedModel(model), batching=batching) as (client, app):
        await client.post("/v1/predict", json=PARCEL)
        asked = [asyncio.create_task(client.post("/v1/predict", json=PARCEL)) for _ in range(12)]
        await asyncio.sleep(0.05)
        await app.state.service.batcher.drain(5)
        answers = await asyncio.gather(*asked)
        assert [answer.status_code for answer in answers] == [200] * 12
        refused = await client.post("/v1/predict", json=PARCEL)
        assert refused.status_code == 503 and "shutting down" in refused.json()["detail"]


async def test_openapi_has_examples_and_says_what_can_go_wrong(running: Any) -> None:
    async with running() as (client, _):
        schema = (await client.get("/openapi.json")).json()
        post = schema["paths"]["/v1/predict"]["post"]
        assert {"200", "401", "413", "422", "429", "503"} <= set(post["responses"])
        shown = post["responses"]["200"]["content"]["application/json"]["example"]
        assert shown["answer"] == {"euros": 5.0}
        asked = post["requestBody"]["content"]["application/json"]["schema"]
        assert asked["examples"] == [PARCEL]
        assert "Problem" in schema["components"]["schemas"]
        several = schema["components"]["schemas"]["SeveralParcel"]["properties"]["items"]
        assert several["examples"][0][0] == PARCEL and several["maxItems"] == 100
