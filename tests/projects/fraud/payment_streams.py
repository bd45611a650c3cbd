"""Worlds as the events of a stream, in the order, disorder and repetition that tests ask for."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from projects.fraud import columns as c
from projects.fraud.contracts import Label, Payment

DELAY = pd.Timedelta(days=7)


def payments_of(world: pd.DataFrame) -> list[Payment]:
    """Return each row as a payment, in the order of the rows."""
    return [
        Payment(
            transaction_id=int(number),
            at=at.to_pydatetime(),
            customer_id=int(customer),
            terminal_id=int(terminal),
            amount_cents=round(amount * 100),
        )
        for number, at, customer, terminal, amount in zip(
            world[c.TRANSACTION_ID],
            world[c.TX_DATETIME].dt.tz_localize("UTC"),
            world[c.CUSTOMER_ID],
            world[c.TERMINAL_ID],
            world[c.TX_AMOUNT],
            strict=True,
        )
    ]


def labels_of(world: pd.DataFrame, delay: pd.Timedelta = DELAY) -> list[Label]:
    """Return the label of each row, known `delay` after its payment, in the order of the rows."""
    return [
        Label(
            transaction_id=payment.transaction_id,
            payment_at=payment.at,
            known_at=payment.at + delay.to_pytimedelta(),
            terminal_id=payment.terminal_id,
            customer_id=payment.customer_id,
            fraud=bool(fraud),
            source="simulator",
        )
        for payment, fraud in zip(payments_of(world), world[c.TX_FRAUD], strict=True)
    ]


def disordered(times: Iterable, lateness: pd.Timedelta, seed: int) -> np.ndarray:
    """Return places in the order of arrival, each up to `lateness` late and one in ten twice."""
    rng = np.random.default_rng(seed)
    at = pd.Series(list(times))
    places = np.concatenate([np.arange(len(at)), rng.choice(len(at), len(at) // 10)])
    held = pd.to_timedelta(rng.random(len(places)) * lateness.total_seconds() * 0.99, "s")
    return places[np.argsort(at.iloc[places].to_numpy() + held.to_numpy(), kind="stable")]
