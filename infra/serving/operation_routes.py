"""Let platforms ask whether the service lives, is ready, and how it does."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from infra.serving.api import In, Out
from infra.serving.service import Service


class Alive(BaseModel):
    """Say that the process answers."""

    alive: bool = True


class Readiness(BaseModel):
    """Say whether requests should come here, and if not, what stands in the way."""

    ready: bool
    model_version: str | None
    problems: dict[str, str]


def operation_routes(service: Service[In, Out]) -> APIRouter:
    """Return the routes /health/live, /health/ready and /metrics; none of them asks for a key."""
    routes = APIRouter(tags=["operation"])

    @routes.get("/health/live")
    async def live() -> Alive:
        """Say that the process lives; it should be started anew where this does not answer."""
        return Alive()

    @routes.get(
        "/health/ready",
        response_model=Readiness,
        responses={503: {"model": Readiness, "description": "Send requests elsewhere."}},
    )
    async def ready() -> Response:
        """Say whether a model is loaded and the stores of keys and quotas answer."""
        problems = await service.not_ready()
        content = Readiness(
            ready=not problems, model_version=service.slot.version, problems=problems
        )
        return JSONResponse(content.model_dump(), 503 if problems else 200)

    @routes.get("/metrics", response_class=Response, include_in_schema=False)
    async def metrics() -> Response:
        """Return the metrics as Prometheus takes them; keep this route from the outside world."""
        # Else `serving_ready` would be as old as the last probe, or never set.
        await service.not_ready()
        return Response(
            generate_latest(service.metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    return routes
