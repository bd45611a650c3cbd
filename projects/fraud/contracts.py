"""What the parts of the system tell each other: payments, labels and decisions.

Times are written with their zone and kept in UTC; a naive one is refused, since it is another
instant on another machine. Amounts are whole cents, so that sums are the same in any order.
"""

from datetime import UTC
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from infra.events.contract import Contract, Payload
from infra.events.contracts import Contracts

PAYMENTS_TOPIC = "fraud.payments"
LABELS_TOPIC = "fraud.labels"
DECISIONS_TOPIC = "fraud.decisions"

Moment = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]
Number = Annotated[int, Field(ge=0)]
LabelSource = Literal["investigation", "chargeback", "simulator"]


class Payment(Payload):
    """Be one card payment that waits for its decision."""

    transaction_id: Number
    at: Moment
    customer_id: Number
    terminal_id: Number
    amount_cents: Number


class Label(Payload):
    """Tell whether a payment was a fraud, and since when that is known."""

    transaction_id: Number
    payment_at: Moment
    known_at: Moment
    terminal_id: Number
    customer_id: Number
    fraud: bool
    source: LabelSource


class Reason(Payload):
    """Say how much one feature's value moved a score, in log-odds; positive: towards fraud."""

    feature: str
    value: float
    contribution: float


class Decision(Payload):
    """Tell what was decided on a payment: `score` is a calibrated probability of fraud.

    `reasons` come in order of weight and are empty unless `alert`.
    """

    transaction_id: Number
    at: Moment
    customer_id: Number
    terminal_id: Number
    amount_cents: Number
    score: Annotated[float, Field(ge=0, le=1)]
    threshold: Annotated[float, Field(ge=0)]
    alert: bool
    model_version: Annotated[str, Field(min_length=1)]
    reasons: tuple[Reason, ...] = ()


PAYMENT = Contract("fraud.payment", 1, Payment)
LABEL = Contract("fraud.label", 1, Label)
DECISION = Contract("fraud.decision", 1, Decision)
CONTRACTS = Contracts((PAYMENT, LABEL, DECISION))


def key_of(data: Payment | Label | Decision) -> str:
    """Return the key under which an event is published: its card, whose order is kept."""
    return str(data.customer_id)
