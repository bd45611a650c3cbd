"""Refuse in the form that `infra.serving.problems` gives all errors."""

from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from infra.serving.problems import MEDIA_TYPE

_DESCRIPTIONS = {
    404: "No alert belongs to this case.",
    409: "A payment has the other verdict already; nothing was changed.",
}


def refusal(status: HTTPStatus, detail: str) -> HTTPException:
    """Return what is raised to refuse a request in these words."""
    return HTTPException(status, detail.rstrip("."))


def of_field(place: tuple[str | int, ...], why: str) -> RequestValidationError:
    """Return what is raised where a field is well formed and still cannot be."""
    return RequestValidationError([{"type": "value_error", "loc": place, "msg": why}])


def documented_here(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI should say of these errors, which every service has not."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {
            "description": _DESCRIPTIONS[status],
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in statuses
    }
