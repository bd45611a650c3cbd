"""One payment's features in, its score with reasons out, by the model that decides elsewhere."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from autograder.errors import CourseError
from infra.serving.app import create_app
from infra.serving.configuration import ServingConfig
from infra.serving.key_store import KeyStore
from projects.fraud.answering.predictor import LiveModels, ScorePredictor
from projects.fraud.answering.questions import scoring_api
from projects.fraud.contracts import Reason
from projects.fraud.features import FeatureConfig

pytestmark = pytest.mark.anyio
NAMES = FeatureConfig().names
QUESTION = dict.fromkeys(NAMES, 1.0)


@dataclass(frozen=True)
class Dear:
    """Find payments suspicious by their amount alone."""

    version: str
    features: tuple[str, ...] = ("TERMINAL_ID_RISK_7DAY_WINDOW", "TX_AMOUNT")
    threshold: float = 0.5

    def scores(self, matrix: np.ndarray) -> np.ndarray:
        return np.minimum(matrix[:, 1] / 1000, 1.0)

    def reasons(self, row: np.ndarray, top: int = 3) -> tuple[Reason, ...]:
        return (Reason(feature="TX_AMOUNT", value=row[1], contribution=1.5),)


@dataclass
class Shelf:
    """Find whichever model a test put there."""

    model: Dear = field(default_factory=lambda: Dear("1"))

    def __call__(self) -> tuple[str, Any]:
        found = self.model
        return found.version, lambda: found


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def ready(client: httpx.AsyncClient, version: str) -> None:
    while (await client.get("/health/ready")).json()["model_version"] != version:
        await asyncio.sleep(0.01)


async def test_a_payment_is_scored_with_its_reasons_and_models_change_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.serving.key_hashing._LOG2_N", 4)
    store, shelf = KeyStore.in_file(tmp_path / "keys.db"), Shelf()
    config = ServingConfig("Fraud scores", watch_seconds=0.05)
    app = create_app(config, scoring_api(), LiveModels(shelf), store)
    headers = {"X-API-Key": store.create("shop").reveal()}
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client,
    ):
        await ready(client, "1")
        asked = [
            client.post("/v1/predict", json={**QUESTION, "TX_AMOUNT": 100.0 * n}) for n in range(9)
        ]
        answers = [answer.json()["answer"] for answer in await asyncio.gather(*asked)]
        assert [one["score"] for one in answers] == pytest.approx([n / 10 for n in range(9)])
        assert [one["alert"] for one in answers] == [n >= 5 for n in range(9)]
        assert answers[4]["reasons"] == []
        assert answers[8]["reasons"] == [
            {
                "feature": "TX_AMOUNT",
                "value": 800.0,
                "contribution": 1.5,
                "words": "The amount is 800.00 euros",
            }
        ]
        wrong = {**QUESTION, "TX_AMOUNT": -1, "COLOUR": 3}
        del wrong["TX_DURING_NIGHT"]
        refused = await client.post("/v1/predict", json=wrong)
        assert refused.status_code == 422
        assert {one["field"]: one["problem"] for one in refused.json()["errors"]} == {
            "TX_AMOUNT": "must be at least 0.0, is -1",
            "TX_DURING_NIGHT": "is missing",
            "COLOUR": "is not known here, is 3",
        }
        # A model that asks for what callers do not send is refused, and the old one answers on.
        shelf.model = Dear("2", features=("velocity", "TX_AMOUNT"))
        await asyncio.sleep(0.3)
        found = await client.post("/v1/predict", json=QUESTION)
        assert found.json()["model_version"] == "1"
        shelf.model = Dear("3", threshold=float("inf"))
        await ready(client, "3")
        found = (await client.post("/v1/predict", json=QUESTION)).json()
        assert found["model_version"] == "3"
        assert found["answer"]["threshold"] == 2.0 and found["answer"]["alert"] is False


async def test_a_model_that_went_while_it_was_loaded_is_not_taken_for_another() -> None:
    shelf = Shelf()
    models = LiveModels(shelf)
    assert isinstance(models.load(models.current()), ScorePredictor)
    shelf.model = Dear("2")
    with pytest.raises(CourseError, match="2 is live now, not 1"):
        models.load("1")
