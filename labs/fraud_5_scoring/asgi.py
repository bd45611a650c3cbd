"""Ask an ASGI application in this process, without a port."""

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

import httpx


def ask(
    app: Any,
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: Any = None,
) -> httpx.Response:
    """Send one request and return the response; the notebook's own event loop is left alone."""
    found: list[Any] = []

    async def asked() -> httpx.Response:
        way = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=way, base_url="http://desk") as client:
            return await client.request(method, path, headers=dict(headers or {}), json=body)

    def work() -> None:
        try:
            found.append(asyncio.run(asked()))
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if isinstance(found[0], BaseException):
        raise found[0]
    return found[0]
