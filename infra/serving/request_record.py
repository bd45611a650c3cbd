"""Measure, log and bound every request, whatever becomes of it."""

import logging
import time
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from infra.serving.metrics import ServingMetrics
from infra.serving.problems import problem
from infra.serving.request_id import HEADER, begin_request

_LOG = logging.getLogger(__name__)
OPERATION_ROUTES = frozenset({"/health/live", "/health/ready", "/metrics"})
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"})


class RequestRecord:
    """Wrap an application: id, size limit, log line, metrics, and 500 for what it did not catch.

    Paths that no route has share one label, so that nobody can fill the registry with them.
    """

    def __init__(self, app: ASGIApp, metrics: ServingMetrics, max_body_bytes: int) -> None:
        self._app = app
        self._metrics = metrics
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = begin_request(Headers(scope=scope).get(HEADER))
        begin = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        self._metrics.in_flight.inc()
        try:
            await self._app(scope, self._bounded(scope, receive), send_with_id)
        except Exception:
            _LOG.exception("a request failed")
            if status == 0:
                answer = problem(HTTPStatus.INTERNAL_SERVER_ERROR, "This is our fault.")
                await answer(scope, receive, send_with_id)
            status = int(HTTPStatus.INTERNAL_SERVER_ERROR)
        finally:
            self._metrics.in_flight.dec()
            self._record(scope, status, time.perf_counter() - begin)

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        """Refuse a body past the limit by what it says of itself, and by what comes."""
        told = Headers(scope=scope).get("content-length", "")
        too_large = told.isdecimal() and int(told[:18]) > self._max_body_bytes
        seen = 0

        async def bounded() -> Message:
            nonlocal seen
            if too_large:
                raise self._too_large()
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._max_body_bytes:
                raise self._too_large()
            return message

        return bounded

    def _too_large(self) -> HTTPException:
        return HTTPException(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"A body may have {self._max_body_bytes} bytes.",
            headers={"Connection": "close"},
        )

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "none")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        # 499 is what proxies write where the caller left before the answer.
        known = str(status or 499)
        self._metrics.requests.labels(route, method, known).inc()
        # Refusals are quick: apart, they do not make a service look fast that is not.
        self._metrics.latency.labels(route, f"{known[0]}xx").observe(seconds)
        _LOG.log(
            # Probes and scrapes come every few seconds and say nothing.
            logging.DEBUG if route in OPERATION_ROUTES else logging.INFO,
            "%s %s %d",
            method,
            route,
            status,
            extra={
                "method": method,
                "route": route,
                "status": status,
                "milliseconds": round(seconds * 1000, 2),
                "key_id": scope.get("state", {}).get("key_id"),
            },
        )
