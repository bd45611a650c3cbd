"""What callers ask and are answered: a payment's features, and its score with the reasons."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from infra.serving.api import Api
from projects.fraud.features import FeatureConfig

Finite = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False)]
_EXAMPLE = {"TX_AMOUNT": 812.0, "CUSTOMER_ID_NB_TX_1DAY_WINDOW": 9.0}


class ReasonGiven(BaseModel):
    """Say in words why; a positive contribution speaks for fraud, in log-odds."""

    feature: str
    value: float
    contribution: float
    words: str


class ScoreGiven(BaseModel):
    """Hold the calibrated probability of fraud; reasons are empty unless it is an alert."""

    score: Annotated[float, Field(ge=0, le=1)]
    threshold: float
    alert: bool
    reasons: list[ReasonGiven]


def question(names: tuple[str, ...]) -> type[BaseModel]:
    """Return the model of a question: every feature by its name, none missing and none more."""
    fields: dict[str, Any] = dict.fromkeys(names, (Finite, ...))
    return create_model("PaymentFeatures", __config__=ConfigDict(extra="forbid"), **fields)


def scoring_api(features: FeatureConfig | None = None) -> Api[Any, ScoreGiven]:
    """Return the API; a model that asks for a feature which is not in it does not go live."""
    names = (features or FeatureConfig()).names
    asked = question(names)
    reason = ReasonGiven(
        feature="TX_AMOUNT", value=812.0, contribution=2.1, words="The amount is 812.00 euros"
    )
    return Api(
        asked,
        ScoreGiven,
        asked.model_validate({name: _EXAMPLE.get(name, 1.0) for name in names}),
        ScoreGiven(score=0.93, threshold=0.4, alert=True, reasons=[reason]),
    )
