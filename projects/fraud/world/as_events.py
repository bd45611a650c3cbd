"""Turn rows of a payment table into the events that a stream carries."""

from collections.abc import Iterator
from datetime import timedelta

import pandas as pd

from projects.fraud import columns as c
from projects.fraud.contracts import Label, Payment


def payments_of(world: pd.DataFrame) -> Iterator[Payment]:
    """Yield each row as a payment, in the order of the rows; naive times are taken for UTC."""
    rows = zip(
        world[c.TRANSACTION_ID],
        world[c.TX_DATETIME].dt.tz_localize("UTC"),
        world[c.CUSTOMER_ID],
        world[c.TERMINAL_ID],
        world[c.TX_AMOUNT],
        strict=True,
    )
    for number, at, customer, terminal, amount in rows:
        yield Payment(
            transaction_id=int(number),
            at=at.to_pydatetime(),
            customer_id=int(customer),
            terminal_id=int(terminal),
            amount_cents=round(amount * 100),
        )


def labels_of(world: pd.DataFrame, delay: timedelta) -> Iterator[Label]:
    """Yield the label of each row, known `delay` after its payment, in the order of the rows."""
    for payment, fraud in zip(payments_of(world), world[c.TX_FRAUD], strict=True):
        yield Label(
            transaction_id=payment.transaction_id,
            payment_at=payment.at,
            known_at=payment.at + delay,
            terminal_id=payment.terminal_id,
            customer_id=payment.customer_id,
            fraud=bool(fraud),
            source="simulator",
        )
