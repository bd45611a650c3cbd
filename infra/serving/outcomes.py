"""Turn what a model answers into an outcome an item, whatever it does."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeAlias

from infra.serving.api import In, Out, Predictor
from infra.serving.errors import ItemError, ModelError

_FAILED = "The model failed on this item."


@dataclass(frozen=True)
class Answer(Generic[Out]):
    """Hold an answer as JSON takes it, and the version of the model that gave it."""

    content: dict[str, Any]
    version: str


@dataclass(frozen=True)
class Fault:
    """Say in `detail`, for the caller, why an item has no answer: by the item's fault or ours.

    `cause` is for the log alone. It is logged where the request is known: a batch has several.
    """

    detail: str
    whose: Literal["item", "model"]
    cause: Exception | None = None


Outcome: TypeAlias = Answer[Out] | Fault


def judged(
    predictor: Predictor[In], version: str, items: Sequence[In], form: type[Out]
) -> list[Outcome[Out]]:
    """Return one outcome an item, in order.

    Where the model raises for a batch of several, each item is tried alone, so that the one at
    fault fails alone.
    """
    try:
        found = predictor.predict(items)
        if len(found) != len(items):
            raise ModelError(f"{len(items)} items were given and {len(found)} answers came")
    except Exception as error:
        if len(items) > 1:
            return [judged(predictor, version, [item], form)[0] for item in items]
        found = [error]
    return [_outcome(one, version, form) for one in found]


def _outcome(found: object, version: str, form: type[Out]) -> Outcome[Out]:
    if isinstance(found, ItemError):
        return Fault(str(found), "item")
    try:
        if isinstance(found, Exception):
            raise found
        content = form.model_validate(found).model_dump(mode="json")
        # JSON has no NaN and no infinity, and pydantic lets both pass as a float.
        json.dumps(content, allow_nan=False)
    except Exception as error:
        return Fault(_FAILED, "model", error)
    return Answer(content, version)
