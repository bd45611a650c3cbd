"""What a service is asked and what it answers, as pydantic models with examples."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field

In = TypeVar("In", bound=BaseModel)
Out = TypeVar("Out", bound=BaseModel)
In_contra = TypeVar("In_contra", bound=BaseModel, contravariant=True)


@dataclass(frozen=True)
class Api(Generic[In, Out]):
    """Hold the model of a question, that of an answer, and an example of each.

    The example of a question also warms up every model before it goes live.
    """

    question: type[In]
    answer: type[Out]
    question_example: In
    answer_example: Out


class Predictor(Protocol[In_contra]):
    """Predict a batch: one answer an item, in their order, or an exception in an answer's place.

    An answer is an instance of the API's answer model or a mapping that fits it. One thread at a
    time calls it.
    """

    def predict(self, items: Sequence[In_contra], /) -> Sequence[object]: ...


class Prediction(BaseModel, Generic[Out]):
    """Hold one answer and the version of the model that gave it."""

    model_config = ConfigDict(protected_namespaces=())

    answer: Out
    model_version: str


class Failure(BaseModel):
    """Say why one item of several has no answer."""

    error: str = Field(description="What was wrong with this item, in words.")


class Results(BaseModel, Generic[Out]):
    """Hold what became of each item, in the order of the question."""

    results: list[Prediction[Out] | Failure]
