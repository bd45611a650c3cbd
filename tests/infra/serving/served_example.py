"""A small service that tests serve: what a parcel costs, by a model that can be made to fail."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from prometheus_client.parser import text_string_to_metric_families
from pydantic import BaseModel, Field

from infra.serving.api import Api
from infra.serving.errors import ItemError

PARCEL = {"grams": 500, "country": "DE"}


class Parcel(BaseModel):
    grams: Annotated[int, Field(gt=0, le=30_000)]
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]


class Price(BaseModel):
    euros: float


API = Api(Parcel, Price, Parcel(grams=500, country="DE"), Price(euros=5.0))


@dataclass
class PriceList:
    """Ask a hundredth of a euro a gram; Atlantis has no post, and 666 grams break the model."""

    factor: float = 0.01
    seconds_a_batch: float = 0.0
    batches: list[int] = field(default_factory=list)

    def predict(self, items: Sequence[Parcel]) -> Sequence[object]:
        time.sleep(self.seconds_a_batch)
        self.batches.append(len(items))
        if any(item.grams == 666 for item in items):
            raise RuntimeError("the scales broke, password=hunter2")
        return [
            ItemError("No post goes to AT.") if item.country == "AT" else self._price(item)
            for item in items
        ]

    def _price(self, item: Parcel) -> Price:
        return Price(euros=float("nan") if item.grams == 777 else item.grams * self.factor)


@dataclass
class Shelf:
    """Be a source of models whose version a test can change."""

    models: dict[str, PriceList]
    due: str

    def current(self) -> str:
        return self.due

    def load(self, version: str) -> PriceList:
        return self.models[version]


async def sample(client: Any, name: str, **labels: str) -> float:
    text = (await client.get("/metrics")).text
    found = [
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    return sum(found)
