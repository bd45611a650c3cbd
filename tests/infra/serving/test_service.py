"""What callers of a service get, in this process."""

import asyncio
import io
import json
import logging.config
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from served_example import Price, PriceList, Shelf

from infra.serving.api import Results
from infra.serving.configuration import BatchingConfig, SheddingConfig
from infra.serving.logging_configuration import logging_configuration
from infra.serving.models import FixedModel

pytestmark = pytest.mark.anyio
PARCEL = {"grams": 500, "country": "DE"}


async def sample(client: Any, name: str, **labels: str) -> float:
    text = (await client.get("/metrics")).text
    found = [
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    return sum(found)


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


async def test_a_newer_model_is_warm_before_it_answers_and_a_bad_one_never_does(
    running: Any,
) -> None:
    broken = PriceList(factor=float("nan"))
    shelf = Shelf({"1": PriceList(), "2": PriceList(factor=0.02), "3": broken}, "1")
    async with running(shelf, watch_seconds=60) as (client, app):
        shelf.due = "2"
        assert await app.state.service.swap()
        assert shelf.models["2"].batches == [1, 2]
        answer = (await client.post("/v1/predict", json=PARCEL)).json()
        assert answer == {"answer": {"euros": 10.0}, "model_version": "2"}
        shelf.due = "3"
        with pytest.raises(ValueError, match="model 3 fails on the example"):
            await app.state.service.swap()
        assert (await client.post("/v1/predict", json=PARCEL)).json() == answer
        assert await sample(client, "serving_model_live", version="2") == 1
        assert await sample(client, "serving_model_live", version="1") == 0
        assert await sample(client, "serving_model_swaps_total", outcome="refused") == 1


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


async def test_the_callers_id_is_kept_where_it_is_harmless(running: Any) -> None:
    async with running() as (client, _):
        answer = await client.get("/nowhere", headers={"X-Request-ID": "abc-1"})
        assert answer.status_code == 404 and answer.headers["x-request-id"] == "abc-1"
        answer = await client.get("/nowhere", headers={"X-Request-ID": "a b\x00c" * 99})
        assert len(answer.headers["x-request-id"]) == 32
        assert await sample(client, "serving_requests_total", route="none") == 2


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


async def test_the_log_has_the_requests_id_and_the_cause_but_neither_key_nor_body(
    running: Any,
) -> None:
    written = io.StringIO()
    configuration = logging_configuration("DEBUG")
    configuration["handlers"]["stderr"]["stream"] = written
    configuration["loggers"] = {"infra.serving": {"handlers": ["stderr"], "level": "DEBUG"}}
    del configuration["root"]
    logging.config.dictConfig(configuration)
    try:
        async with running() as (client, _):
            answer = await client.post(
                "/v1/predict",
                json={"grams": 666, "country": "XQ"},
                headers={"X-Request-ID": "who-asked"},
            )
            key = client.headers["X-API-Key"]
    finally:
        logging.getLogger("infra.serving").handlers.clear()
        logging.getLogger("infra.serving").setLevel(logging.NOTSET)
    assert answer.status_code == 500
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    ours = [line for line in lines if line["request_id"] == "who-asked"]
    failed, access = ours
    assert failed["level"] == "ERROR" and "the scales broke" in failed["exc_info"]
    assert (access["status"], access["route"]) == (500, "/v1/predict")
    assert access["key_id"] in key and access["milliseconds"] > 0
    assert key not in written.getvalue() and "XQ" not in written.getvalue()
    probes = [line for line in lines if line.get("route") == "/health/ready"]
    assert probes and {line["level"] for line in probes} == {"DEBUG"}
