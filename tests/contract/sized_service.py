"""Serve a made-up model in a process of its own; its speed and limits come as JSON in argv[1]."""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field

from infra.serving.api import Api
from infra.serving.app import create_app
from infra.serving.configuration import BatchingConfig, KeyConfig, ServingConfig, SheddingConfig
from infra.serving.key_store import KeyStore
from infra.serving.models import FixedModel
from infra.serving.quotas import quota_storage
from infra.serving.server import serve
from infra.settings import Redis


class Shape(BaseModel):
    width: Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
    name: Annotated[str, Field(max_length=20)]
    tags: Annotated[list[str], Field(max_length=3)] = []


class Area(BaseModel):
    area: float


class Areas:
    """Take a fixed time a batch, as a model does whose cost is that of the call."""

    def __init__(self, seconds_a_batch: float) -> None:
        self._seconds = seconds_a_batch

    def predict(self, items: Sequence[Shape]) -> Sequence[object]:
        time.sleep(self._seconds)
        return [Area(area=item.width**2) for item in items]


def main() -> None:
    told = json.loads(sys.argv[1])
    config = ServingConfig(
        "Areas",
        quota=told["quota"],
        lame_duck_seconds=told["lame_duck_seconds"],
        batching=BatchingConfig(told["max_items"], max_wait_ms=1),
        shedding=SheddingConfig(told["max_queue"], told["deadline_ms"]),
        keys=KeyConfig(recheck_seconds=1),
        max_items=min(100, told["max_queue"]),
    )
    # LAB_REDIS_… tells where Redis is, the password included.
    redis = Redis.resolve({}) if told["shared_quotas"] else None
    app = create_app(
        config,
        Api(Shape, Area, Shape(width=2, name="square"), Area(area=4)),
        FixedModel(Areas(told["seconds_a_batch"])),
        KeyStore.in_file(Path(told["keys"])),
        quotas=quota_storage(redis, prefix=told["prefix"]) if redis else None,
    )
    serve(app, port=told["port"], log="WARNING")


if __name__ == "__main__":
    main()
