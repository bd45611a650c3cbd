"""Let callers with a key ask the model: one item, or several at once."""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Request, Security
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field, create_model

from infra.serving.api import Api, Failure, In, Out, Prediction, Results
from infra.serving.authentication import Caller
from infra.serving.configuration import ServingConfig
from infra.serving.errors import RefusedError
from infra.serving.outcomes import Fault, Outcome
from infra.serving.problems import documented, problem
from infra.serving.service import Service

_LOG = logging.getLogger(__name__)
_KEY = APIKeyHeader(name="X-API-Key", auto_error=False, description="A key that you were given.")
_ERRORS = (400, 401, 413, 422, 429, 503)
Deadline = Annotated[
    int,
    Header(alias="X-Deadline-Ms", ge=1, le=2**31 - 1, description="How long you will wait."),
]


def prediction_routes(service: Service[In, Out], api: Api[In, Out]) -> APIRouter:
    """Return the routes /v1/predict and /v1/predict/batch.

    Every request counts once against its key's quota before its body is looked at, a batch once
    for each further item.
    """
    config = service.config
    most_ms = config.shedding.deadline_ms
    routes = APIRouter(prefix="/v1", tags=["prediction"])

    async def known_caller(request: Request, key: Annotated[str | None, Security(_KEY)]) -> Caller:
        address = request.client.host if request.client else "unknown"
        caller = await service.authenticator.caller(key, address)
        request.state.key_id = caller.key_id
        await service.quotas.take(caller.key_id, caller.quota or config.quota)
        return caller

    async def outcomes(items: Sequence[In], deadline: int) -> list[Outcome[Out]]:
        if service.slot.version is None:
            raise RefusedError(
                HTTPStatus.SERVICE_UNAVAILABLE, "no_model", "No model is loaded.", retry_after=1
            )
        found = await service.batcher.submit(items, min(deadline, most_ms) / 1000)
        for outcome in found:
            if isinstance(outcome, Fault) and outcome.whose == "model":
                _LOG.error("the model failed on an item", exc_info=outcome.cause)
        return found

    async def predict(
        item: Any, caller: Annotated[Caller, Depends(known_caller)], deadline: Deadline = most_ms
    ) -> JSONResponse:
        """Predict one item; requests that come together share a batch."""
        [outcome] = await outcomes([item], deadline)
        if isinstance(outcome, Fault):
            status = 422 if outcome.whose == "item" else 500
            return problem(status, outcome.detail)
        return JSONResponse({"answer": outcome.content, "model_version": outcome.version})

    async def predict_batch(
        several: Any, caller: Annotated[Caller, Depends(known_caller)], deadline: Deadline = most_ms
    ) -> JSONResponse:
        """Predict several items, answered in their order; an item that fails harms no other."""
        further = len(several.items) - 1
        if further:
            await service.quotas.take(caller.key_id, caller.quota or config.quota, further)
        found = await outcomes(several.items, deadline)
        return JSONResponse({"results": [_result(outcome) for outcome in found]})

    # FastAPI reads the types of the parameters when the route is added.
    example = api.question_example.model_dump(mode="json")
    predict.__annotations__["item"] = Annotated[api.question, Body(examples=[example])]
    predict_batch.__annotations__["several"] = _several(api, config)
    shown = {"answer": api.answer_example.model_dump(mode="json"), "model_version": "7"}
    failed = {"error": "Why this item has no answer."}
    for path, endpoint, model, answered, errors in (
        ("/predict", predict, Prediction[api.answer], shown, (*_ERRORS, 500)),  # type: ignore[name-defined]
        (
            "/predict/batch",
            predict_batch,
            Results[api.answer],  # type: ignore[name-defined]
            {"results": [shown, failed]},
            _ERRORS,
        ),
    ):
        ok = {"description": "Answered.", "content": {"application/json": {"example": answered}}}
        routes.add_api_route(
            path,
            endpoint,
            methods=["POST"],
            response_model=model,
            responses={**documented(*errors), 200: ok},
        )
    return routes


def _several(api: Api[In, Out], config: ServingConfig) -> type[BaseModel]:
    """Return the model of a question with several items, with its example."""
    example = api.question_example.model_dump(mode="json")
    items = Annotated[
        list[api.question],  # type: ignore[name-defined]
        Field(min_length=1, max_length=config.max_items, examples=[[example, example]]),
    ]
    return create_model(f"Several{api.question.__name__}", items=(items, ...))


def _result(outcome: Outcome[Out]) -> dict[str, Any]:
    if isinstance(outcome, Fault):
        return Failure(error=outcome.detail).model_dump()
    return {"answer": outcome.content, "model_version": outcome.version}
