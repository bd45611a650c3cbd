"""Models are put in the place of others while requests come in."""

import asyncio
import time
from typing import Any

import pytest
from served_example import PARCEL, PriceList, Shelf, sample

pytestmark = pytest.mark.anyio


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


async def test_requests_are_answered_by_the_old_model_while_the_new_one_loads(
    running: Any,
) -> None:
    class SlowShelf(Shelf):
        def load(self, version: str) -> PriceList:
            time.sleep(0.3 if version == "2" else 0)
            return super().load(version)

    models = {"1": PriceList(seconds_a_batch=0.01), "2": PriceList(factor=0.02)}
    shelf = SlowShelf(models, "1")
    async with running(shelf, watch_seconds=60, quota="10000/minute") as (client, app):
        await client.post("/v1/predict", json=PARCEL)
        shelf.due = "2"
        swap = asyncio.create_task(app.state.service.swap())
        answers = []
        while not swap.done() or len(answers) < 5:
            answers.append(await client.post("/v1/predict", json=PARCEL))
        answers.append(await client.post("/v1/predict", json=PARCEL))
        versions = [answer.json()["model_version"] for answer in answers]
        assert versions == sorted(versions) and versions[-1] == "2"
        assert versions.count("1") >= 3, "it went on answering"
        assert answers[-1].json()["answer"] == {"euros": 10.0}
