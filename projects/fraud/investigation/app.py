"""Make the HTTP application of the desk: API, page, and what platforms ask."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from limits.aio.storage import MemoryStorage, Storage
from prometheus_client import CollectorRegistry
from starlette.staticfiles import StaticFiles

from infra.serving.authentication import Authenticator
from infra.serving.key_store import KeyStore
from infra.serving.metrics import ServingMetrics
from infra.serving.problems import answer_problems, problem_schemas
from infra.serving.quotas import Quotas
from infra.serving.request_record import RequestRecord
from projects.fraud.investigation.case_reader import CaseReader
from projects.fraud.investigation.configuration import InvestigationConfig
from projects.fraud.investigation.metrics import InvestigationMetrics
from projects.fraud.investigation.operation_routes import operation_routes
from projects.fraud.investigation.page_headers import PageHeaders
from projects.fraud.investigation.routes import investigation_routes
from projects.fraud.investigation.service import Desk
from projects.fraud.investigation.verdicts import VerdictStore, utc_now

PAGE = Path(__file__).parent / "page"


def create_app(
    config: InvestigationConfig,
    engine: sa.Engine,
    keys: KeyStore,
    *,
    quotas: Storage | None = None,
    registry: CollectorRegistry | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> FastAPI:
    """Return the application over tables that `database.prepare` made.

    `quotas` and `registry` are as in `infra.serving.app`; `clock` says when a verdict was given.
    The engine is closed with the application.
    """
    metrics = ServingMetrics(registry or CollectorRegistry())
    counts = Quotas(quotas or MemoryStorage(), fails_open=config.serving.quota_fails_open)
    # Wrong keys are counted in memory: this must work while the shared store is away.
    failures = Quotas(MemoryStorage())

    async def key_store_answers() -> None:
        await asyncio.to_thread(keys.ping)

    async def tables_answer() -> None:
        await asyncio.to_thread(_ping, engine, config.schema)

    desk = Desk(
        config.serving,
        config.schema,
        engine,
        CaseReader(engine, config),
        VerdictStore(engine, config.schema, clock),
        Authenticator(keys, failures, config.serving.keys),
        counts,
        metrics,
        InvestigationMetrics(metrics.registry),
        {"keys": key_store_answers, "quotas": counts.ping, "tables": tables_answer},
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            desk.begin_draining()
            desk.close()

    app = FastAPI(
        title=config.serving.title,
        version=config.serving.version,
        lifespan=lifespan,
        # FastAPI's pages of documentation load scripts from elsewhere; /openapi.json is there.
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = desk
    app.include_router(investigation_routes(desk))
    app.include_router(operation_routes(desk))
    app.mount("/", StaticFiles(directory=PAGE, html=True), name="page")
    answer_problems(app, metrics)
    app.add_middleware(RequestRecord, metrics=metrics, max_body_bytes=config.serving.max_body_bytes)
    app.add_middleware(PageHeaders)
    _document_problems(app)
    return app


def _ping(engine: sa.Engine, schema: str) -> None:
    with engine.connect() as session:
        session.execute(sa.text(f"select from {schema}.verdicts limit 1"))


def _document_problems(app: FastAPI) -> None:
    """Add to OpenAPI the schemas that errors refer to, which no route returns by its type."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=app.version, routes=app.routes)
            schema["components"]["schemas"] |= problem_schemas()
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
