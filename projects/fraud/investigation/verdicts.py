"""Write verdicts, each with the label that tells of it, in one transaction.

The label is not sent here: a process that dies between the database and Kafka would lose it, or
tell of a verdict that was rolled back. It is put into an outbox, and the relay sends it.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from projects.fraud.contracts import CONTRACTS, LABEL, Label, key_of
from projects.fraud.investigation.case_id import CaseId
from projects.fraud.investigation.errors import (
    DecidedOtherwiseError,
    NotOfCaseError,
    UnknownCaseError,
)

_PRODUCER = "investigation"
_OF_CASE = """
select transaction_id, at, customer_id, terminal_id from {schema}.decisions
where alert and customer_id = :customer_id and at >= :begin and at < :end order by transaction_id
"""
# Whoever comes second waits here until the first is done, and then finds its verdict.
_NOTE = """
insert into {schema}.verdicts values
(:transaction_id, :case_id, :customer_id, :terminal_id, :at, :fraud, :who, :now)
on conflict do nothing returning transaction_id
"""
_NOTED = """
select transaction_id, fraud, decided_by, decided_at from {schema}.verdicts
where transaction_id = any(:ids) order by transaction_id
"""
_SEND = """
insert into {schema}.label_outbox (transaction_id, key, event)
values (:transaction_id, :key, :event)
"""


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


class VerdictStore:
    """Take verdicts; a payment has one for ever, since a label that was sent is learned from."""

    def __init__(
        self, engine: sa.Engine, schema: str, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._of_case, self._note, self._noted, self._send = (
            sa.text(statement.format(schema=schema))
            for statement in (_OF_CASE, _NOTE, _NOTED, _SEND)
        )

    def decide(self, case: CaseId, payments: Sequence[int], fraud: bool, who: str) -> list[int]:
        """Mark payments of a case; return those that had no verdict before.

        Written twice, a verdict is there once. Raise UnknownCaseError, NotOfCaseError, or
        DecidedOtherwiseError where one has the other verdict; nothing is written then.
        """
        now = self._clock()
        asked = {"customer_id": case.customer_id, "begin": case.begin, "end": case.end}
        with self._engine.begin() as session:
            alerts = {
                row["transaction_id"]: row
                for row in session.execute(self._of_case, asked).mappings()
            }
            if not alerts:
                raise UnknownCaseError(f"There is no case {case}.")
            for place, payment in enumerate(payments):
                if payment not in alerts:
                    raise NotOfCaseError(place, payment, str(case))
            told = {"case_id": str(case), "fraud": fraud, "who": who, "now": now}
            # In order, so that two analysts cannot wait for each other.
            ids = sorted(set(payments))
            new = [
                payment
                for payment in ids
                if session.execute(self._note, {**alerts[payment], **told}).first()
            ]
            self._require_agreement(session, ids, fraud)
            for payment in new:
                session.execute(self._send, _outgoing(alerts[payment], fraud, now))
        return new

    def _require_agreement(self, session: sa.Connection, ids: list[int], fraud: bool) -> None:
        for row in session.execute(self._noted, {"ids": ids}).mappings():
            if row["fraud"] is not fraud:
                marked = "fraud" if row["fraud"] else "genuine"
                raise DecidedOtherwiseError(
                    f"{row['transaction_id']} was marked as {marked} by {row['decided_by']} at "
                    f"{row['decided_at'].astimezone(UTC):%Y-%m-%d %H:%M} UTC, and its label is on "
                    "its way: nothing was changed."
                )


def _outgoing(alert: Any, fraud: bool, now: datetime) -> dict[str, Any]:
    label = Label(
        transaction_id=alert["transaction_id"],
        payment_at=alert["at"],
        # A replayed world may lie ahead of the clock: nothing is known before it happened.
        known_at=max(now, alert["at"]),
        terminal_id=alert["terminal_id"],
        customer_id=alert["customer_id"],
        fraud=fraud,
        source="investigation",
    )
    # Written once: however often it is sent, it is the same event with the same id.
    event = LABEL.new(label, producer=_PRODUCER, time=label.known_at)
    return {
        "transaction_id": label.transaction_id,
        "key": key_of(label),
        "event": CONTRACTS.write(event),
    }
