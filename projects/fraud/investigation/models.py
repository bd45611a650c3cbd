"""What analysts ask and are answered, with examples."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

_CASE: JsonDict = {
    "case_id": "1234-2026-03-01",
    "customer_id": 1234,
    "day": "2026-03-01",
    "score": 0.93,
    "alerts": 2,
    "amount_cents": 81_200,
    "newest_at": "2026-03-01T12:00:00Z",
}
_REASON: JsonDict = {
    "feature": "TX_AMOUNT",
    "value": 812.0,
    "contribution": 2.1,
    "words": "The amount is 812.00 euros",
}
_VERDICT: JsonDict = {"verdict": "fraud", "by": "ada", "at": "2026-03-01T13:00:00Z"}
_DECISION: JsonDict = {
    "transaction_id": 17,
    "at": "2026-03-01T12:00:00Z",
    "terminal_id": 5,
    "amount_cents": 81_200,
    "score": 0.93,
    "threshold": 0.4,
    "alert": True,
    "model_version": "7",
    "verdict": None,
}
Judgement = Literal["fraud", "genuine"]
TransactionId = Annotated[int, Field(ge=0, lt=2**63, strict=True)]


class Analyst(BaseModel):
    """Say whose key it is; verdicts carry this name."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "ada"}})

    name: str


class CaseLine(BaseModel):
    """Hold one line of the queue: a card on a day, with the highest score of its open alerts."""

    model_config = ConfigDict(json_schema_extra={"example": _CASE})

    case_id: str
    customer_id: int
    day: date
    score: float
    alerts: int = Field(description="How many open alerts the case has.")
    amount_cents: int = Field(description="What these payments come to.")
    newest_at: AwareDatetime


class Queue(BaseModel):
    """Hold one page of the queue, the highest score first; `next` asks for the one after."""

    cases: list[CaseLine]
    open: int = Field(description="How many cases are open in all.")
    next: str | None = None


class ReasonShown(BaseModel):
    """Say in words why; a positive contribution speaks for fraud, in log-odds."""

    model_config = ConfigDict(json_schema_extra={"example": _REASON})

    feature: str
    value: float
    contribution: float
    words: str


class VerdictShown(BaseModel):
    """Say who decided what, and when."""

    model_config = ConfigDict(json_schema_extra={"example": _VERDICT})

    verdict: Judgement
    by: str
    at: AwareDatetime


class DecisionShown(BaseModel):
    """Hold what the scorer decided about one payment, and an analyst's verdict if there is one."""

    model_config = ConfigDict(protected_namespaces=(), json_schema_extra={"example": _DECISION})

    transaction_id: int
    at: AwareDatetime
    terminal_id: int
    amount_cents: int
    score: float
    threshold: float
    alert: bool
    model_version: str
    verdict: VerdictShown | None = None


class AlertShown(DecisionShown):
    """Hold an alert of the case with its reasons, the weightiest first."""

    model_config = ConfigDict(json_schema_extra={"example": {**_DECISION, "reasons": [_REASON]}})

    reasons: list[ReasonShown]


class Case(BaseModel):
    """Hold a card's alerts of a day, the highest score first, and what else it paid lately."""

    case_id: str
    customer_id: int
    day: date
    alerts: list[AlertShown]
    recent: list[DecisionShown] = Field(description="The card's decisions, the newest first.")


class VerdictAsked(BaseModel):
    """Mark payments of a case: those that the analyst saw, so that none is judged unseen."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"verdict": "fraud", "transaction_ids": [17, 21]}},
    )

    verdict: Judgement
    transaction_ids: Annotated[list[TransactionId], Field(min_length=1, max_length=500)]


class VerdictTaken(BaseModel):
    """Say what is written now; asked again, the answer is the same but for `new`."""

    case_id: str
    verdict: Judgement
    transaction_ids: list[int]
    new: int = Field(description="How many of them had no verdict before.")
