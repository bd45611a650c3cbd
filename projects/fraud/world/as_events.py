"""Turn rows of a payment table into the events that a stream carries."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from projects.fraud import columns as c
from projects.fraud.contracts import Label, Payment


def payments_of(frame: pd.DataFrame) -> Iterator[Payment]:
    """Yield each row as a payment, in the order of the rows; the table's clock is read as UTC."""
    for number, at, customer, terminal, cents in _rows(frame):
        yield Payment(
            transaction_id=number,
            at=at,
            customer_id=customer,
            terminal_id=terminal,
            amount_cents=cents,
        )


def labels_of(frame: pd.DataFrame, delay: timedelta) -> Iterator[Label]:
    """Yield the label of each row, known `delay` after its payment, in the order of the rows."""
    frauds = frame[c.TX_FRAUD].to_numpy() == 1
    for (number, at, customer, terminal, _), fraud in zip(
        _rows(frame), frauds.tolist(), strict=True
    ):
        yield Label(
            transaction_id=number,
            payment_at=at,
            known_at=at + delay,
            terminal_id=terminal,
            customer_id=customer,
            fraud=fraud,
            source="simulator",
        )


def _rows(frame: pd.DataFrame) -> Iterator[tuple[int, datetime, int, int, int]]:
    cents = np.rint(frame[c.TX_AMOUNT].to_numpy(float) * 100).astype(np.int64)
    return zip(
        frame[c.TRANSACTION_ID].tolist(),
        pd.DatetimeIndex(frame[c.TX_DATETIME]).tz_localize(UTC).to_pydatetime().tolist(),
        frame[c.CUSTOMER_ID].tolist(),
        frame[c.TERMINAL_ID].tolist(),
        cents.tolist(),
        strict=True,
    )
