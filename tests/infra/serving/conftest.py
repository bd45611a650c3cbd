"""A running service of the example, asked in this process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from limits.aio.storage import Storage
from served_example import API, PriceList

from infra.serving.app import create_app
from infra.serving.configuration import ServingConfig
from infra.serving.key_store import KeyStore
from infra.serving.models import FixedModel, ModelSource

Running = Callable[..., AbstractAsyncContextManager[tuple[httpx.AsyncClient, Any]]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore.in_file(tmp_path / "keys.db")


@pytest.fixture
def running(store: KeyStore, monkeypatch: pytest.MonkeyPatch) -> Running:
    """Run a service and give a client that holds a good key, and the application."""
    # Slow hashes are the business of test_keys; three of them in each test here teach nothing.
    monkeypatch.setattr("infra.serving.key_hashing._LOG2_N", 4)

    @asynccontextmanager
    async def run(
        models: ModelSource[Any] | None = None,
        *,
        quota: str | None = None,
        quotas: Storage | None = None,
        **options: Any,
    ) -> AsyncIterator[tuple[httpx.AsyncClient, Any]]:
        source = models or FixedModel(PriceList())
        app = create_app(ServingConfig("Parcels", **options), API, source, store, quotas=quotas)
        token = store.create("tester", quota=quota)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(
                transport=transport, base_url="http://test", headers={"X-API-Key": token.reveal()}
            ) as client,
        ):
            while (await client.get("/health/ready")).json()["model_version"] is None:
                await asyncio.sleep(0.005)
            yield client, app

    return run
