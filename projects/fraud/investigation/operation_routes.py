"""Let platforms ask whether the desk lives, is ready, and how it does."""

import asyncio

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from projects.fraud.investigation.service import Desk


class Readiness(BaseModel):
    """Say whether requests should come here, and if not, what stands in the way."""

    ready: bool
    problems: dict[str, str]


def operation_routes(desk: Desk) -> APIRouter:
    """Return the routes /health/live, /health/ready and /metrics; none of them asks for a key."""
    routes = APIRouter(tags=["operation"])

    @routes.get("/health/live")
    async def live() -> dict[str, bool]:
        """Say that the process lives; it should be started anew where this does not answer."""
        return {"alive": True}

    @routes.get(
        "/health/ready",
        response_model=Readiness,
        responses={503: {"model": Readiness, "description": "Send requests elsewhere."}},
    )
    async def ready() -> Response:
        """Say whether the stores of keys, quotas and decisions answer."""
        problems = await desk.not_ready()
        content = Readiness(ready=not problems, problems=problems)
        return JSONResponse(content.model_dump(), 503 if problems else 200)

    @routes.get("/metrics", response_class=Response, include_in_schema=False)
    async def metrics() -> Response:
        """Return the metrics as Prometheus takes them; keep this route from the outside world."""
        await asyncio.gather(desk.not_ready(), asyncio.to_thread(desk.read_tables))
        text = generate_latest(desk.metrics.registry)
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return routes
