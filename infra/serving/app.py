"""Make the HTTP application of one model."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from limits.aio.storage import MemoryStorage, Storage
from prometheus_client import CollectorRegistry

from infra.serving.api import Api, In, Out
from infra.serving.authentication import Authenticator
from infra.serving.batching import MicroBatcher
from infra.serving.configuration import ServingConfig
from infra.serving.key_store import KeyStore
from infra.serving.metrics import ServingMetrics
from infra.serving.models import ModelSlot, ModelSource
from infra.serving.operation_routes import operation_routes
from infra.serving.outcomes import Outcome
from infra.serving.prediction_routes import prediction_routes
from infra.serving.problems import answer_problems, problem_schemas
from infra.serving.quotas import Quotas
from infra.serving.request_record import RequestRecord
from infra.serving.service import ReadinessCheck, Service


def create_app(
    config: ServingConfig,
    api: Api[In, Out],
    models: ModelSource[In],
    keys: KeyStore,
    *,
    quotas: Storage | None = None,
    registry: CollectorRegistry | None = None,
    checks: Mapping[str, ReadinessCheck] | None = None,
) -> FastAPI:
    """Return the application that answers `api` with the version that `models` says is due.

    `quotas` is the store of counts, this process's memory by default; give Redis where several
    processes serve. `registry` is where metrics go, a new one by default. `checks` are further
    dependencies that readiness asks. The running service is `app.state.service`.
    """
    metrics = ServingMetrics(registry or CollectorRegistry())
    slot = ModelSlot(api, models, metrics)
    counts = Quotas(quotas or MemoryStorage(), fails_open=config.quota_fails_open)
    # Wrong keys are counted in memory: this must work while the shared store is away.
    failures = Quotas(MemoryStorage())
    batcher: MicroBatcher[In, Outcome[Out]] = MicroBatcher(
        slot.predict, config.batching, config.shedding, metrics
    )

    async def key_store_answers() -> None:
        await asyncio.to_thread(keys.ping)

    asked = {"keys": key_store_answers, **(checks or {})}
    # What requests are let past must not take every process out of the balancer at once.
    if not config.quota_fails_open:
        asked["quotas"] = counts.ping

    service = Service(
        config,
        slot,
        batcher,
        Authenticator(keys, failures, config.keys),
        counts,
        metrics,
        asked,
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        stop = asyncio.Event()
        running = asyncio.create_task(service.run(stop), name="service")
        # Lets the service begin before the first request.
        await asyncio.sleep(0)
        try:
            yield
        finally:
            stop.set()
            await running

    app = FastAPI(title=config.title, version=config.version, lifespan=lifespan)
    app.state.service = service
    app.include_router(prediction_routes(service, api))
    app.include_router(operation_routes(service))
    answer_problems(app, metrics)
    app.add_middleware(RequestRecord, metrics=metrics, max_body_bytes=config.max_body_bytes)
    _document_problems(app)
    return app


def _document_problems(app: FastAPI) -> None:
    """Add to OpenAPI the schemas that errors refer to, which no route returns by its type."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
            schema["components"]["schemas"] |= problem_schemas()
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
