"""Answer what went wrong as RFC 9457 has it: one form for all errors."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from infra.serving.errors import RefusedError, ShedError
from infra.serving.metrics import ServingMetrics
from infra.serving.request_id import current_request_id
from infra.serving.validation_words import FieldProblem, field_problems

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER = {"Retry-After": {"schema": {"type": "integer"}, "description": "In seconds."}}
_DESCRIPTIONS = {
    400: "The body cannot be read.",
    401: "No key came, or none that is valid.",
    413: "The body is larger than is allowed.",
    422: "A field is wrong; `errors` says which and why.",
    429: "The quota is used up; Retry-After says until when.",
    500: "The model failed on this item.",
    503: "Too busy, not ready or shutting down; Retry-After says when to come back.",
}


class Problem(BaseModel):
    """Describe an error as RFC 9457 does, with the fields that are wrong and the request's id."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    request_id: str
    errors: list[FieldProblem] = Field(default_factory=list)


def problem(
    status: int,
    detail: str,
    *,
    errors: list[FieldProblem] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return the answer for an error of the request at hand."""
    content = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        request_id=current_request_id(),
        errors=errors or [],
    )
    return JSONResponse(
        content.model_dump(), status, headers=dict(headers or {}), media_type=MEDIA_TYPE
    )


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI should say of these errors."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {
            "description": _DESCRIPTIONS[status],
            "content": {MEDIA_TYPE: {"schema": schema}},
            **({"headers": _RETRY_AFTER} if status in (429, 503) else {}),
        }
        for status in statuses
    }


def problem_schemas() -> dict[str, Any]:
    """Return the schemas that `documented` refers to."""
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), "Problem": schema}


def answer_problems(app: FastAPI, metrics: ServingMetrics) -> None:
    """Let the application answer every error in this form, and count those that it refuses."""

    async def refused(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RefusedError)
        _count(metrics, error)
        return problem(error.status, error.detail, headers=error.headers)

    async def invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        found = field_problems(error.errors())
        first = f"{found[0].field} {found[0].problem}"
        more = f" ({len(found) - 1} more)" if len(found) > 1 else ""
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"{first}{more}.", errors=found)

    async def other(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return problem(error.status_code, f"{error.detail}", headers=error.headers)

    app.add_exception_handler(RefusedError, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, other)


def _count(metrics: ServingMetrics, error: RefusedError) -> None:
    if isinstance(error, ShedError):
        metrics.shed.labels(error.reason).inc()
    elif error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        metrics.dependency_failures.labels(error.reason).inc()
    elif error.reason == "quota":
        metrics.quota_refused.inc()
    elif error.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS):
        metrics.key_refused.labels(error.reason).inc()
