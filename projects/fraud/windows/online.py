"""Keep the windows of the stream up to date, one payment and one label at a time.

The state lies in the memory of the process that scores. Two questions and two writes to Redis for
each payment cost more than the features themselves (a round trip is some 0.1 ms, and a payment has
fifteen features of two entities), and a store that others share would be neither at the position of
this log nor the same when the log is replayed. Here the state is a function of the log: it is
rebuilt from it, or from a snapshot and the rest of it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self

import numpy as np

from infra.features.definition import FeatureSet
from infra.features.errors import SnapshotError
from infra.features.on_stream import Arrival, StreamConfig, WindowState
from infra.features.snapshot import restore_snapshot, take_snapshot
from projects.fraud import columns as c
from projects.fraud.contracts import Label, Payment
from projects.fraud.features import FeatureConfig
from projects.fraud.windows.definitions import (
    COUNTED_AT,
    counted_at,
    customer_features,
    during_night,
    during_weekend,
    terminal_features,
)

_CENTS_IN_A_EURO = 100


@dataclass(frozen=True)
class OnlineConfig:
    """Configure the features, and by how much events may be out of order.

    A payment may come `payment_lateness` after a later one; labels are in order of the time at
    which they became known, but for `label_lateness`. `tidy_every`: see `StreamConfig`.
    """

    features: FeatureConfig = field(default_factory=FeatureConfig)
    payment_lateness: timedelta = timedelta(days=1)
    label_lateness: timedelta = timedelta(days=1)
    tidy_every: int = 10_000

    @property
    def label_delay(self) -> timedelta:
        """Return how old a label is at least when it counts."""
        return timedelta(days=self.features.label_delay_days)


class OnlineWindows:
    """Hold what is needed to tell the features of a payment now; one thread at a time.

    Payments and labels are independent: whichever order the two come in, a payment at time t has
    the same features once the payments and the labels known until t are in.
    """

    def __init__(self, config: OnlineConfig | None = None) -> None:
        self.config = config or OnlineConfig()
        customer, terminal = _definitions(self.config)
        self.payments = WindowState(
            customer, StreamConfig(self.config.payment_lateness, self.config.tidy_every)
        )
        # A label may be known at once or only at the end of the delay, so this far apart lie the
        # payments of labels that come at one time.
        lateness = self.config.label_delay + self.config.label_lateness
        self.labels = WindowState(terminal, StreamConfig(lateness, self.config.tidy_every))

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the values of a row, in order."""
        return self.config.features.names

    def add_payment(self, payment: Payment) -> Arrival:
        """Take in a payment, and say what became of it: copies and what is too late never count."""
        event = {
            c.TRANSACTION_ID: payment.transaction_id,
            c.TX_DATETIME: payment.at,
            c.CUSTOMER_ID: payment.customer_id,
            c.TX_AMOUNT: payment.amount_cents / _CENTS_IN_A_EURO,
        }
        arrival = self.payments.add(event)
        # Past the watermark ids are let go, but the card's own history still knows its payments.
        if arrival is Arrival.LATE and self._knows(payment):
            return Arrival.DUPLICATE
        return arrival

    def add_label(self, label: Label) -> Arrival:
        """Take in a label; the first of a transaction counts, from the time it is known at."""
        return self.labels.add(
            {
                c.TRANSACTION_ID: label.transaction_id,
                COUNTED_AT: counted_at(label.payment_at, label.known_at, self.config.label_delay),
                c.TERMINAL_ID: label.terminal_id,
                c.TX_FRAUD: int(label.fraud),
            }
        )

    def row(self, payment: Payment) -> np.ndarray:
        """Return the features (k,) of a payment at its time, in the order of `names`.

        Only what came until now is in them; the payment itself counts if it was added. Raise
        FeatureError for a payment so old that its windows were let go.
        """
        card = self.payments.features_at(payment.customer_id, payment.at)
        terminal = self.labels.features_at(payment.terminal_id, payment.at)
        return np.array(
            [
                payment.amount_cents / _CENTS_IN_A_EURO,
                during_weekend(payment.at),
                during_night(payment.at),
                *card.values(),
                *terminal.values(),
            ],
            dtype=np.float64,
        )

    def snapshot(self) -> bytes:
        """Return the whole state; equal states give the same bytes."""
        parts = [take_snapshot(state) for state in (self.payments, self.labels)]
        return json.dumps([len(part) for part in parts]).encode() + b"\n" + b"".join(parts)

    @classmethod
    def restore(cls, config: OnlineConfig, snapshot: bytes) -> Self:
        """Return the state that a snapshot holds; raise SnapshotError for bytes that are none.

        A snapshot of other features or of another lateness is refused as well.
        """
        made = cls(config)
        parts = _parts(snapshot)
        for definition, part, name in zip(
            _definitions(config), parts, ("payments", "labels"), strict=True
        ):
            found, due = restore_snapshot(definition, part), getattr(made, name).config
            if found.config != due:
                raise SnapshotError(
                    f"The snapshot's {name} were kept with {found.config}, not {due}: replay the "
                    "log into a new state."
                )
            setattr(made, name, found)
        return made

    def _knows(self, payment: Payment) -> bool:
        return self.payments.holds(payment.customer_id, payment.at, str(payment.transaction_id))


def _definitions(config: OnlineConfig) -> tuple[FeatureSet, FeatureSet]:
    return customer_features(config.features), terminal_features(config.features)


def _parts(snapshot: bytes) -> Sequence[bytes]:
    head, _, body = snapshot.partition(b"\n")
    try:
        lengths: Any = json.loads(head)
        first, second = (int(length) for length in lengths)
    except (ValueError, TypeError):
        raise SnapshotError("These bytes are no snapshot of online windows.") from None
    if first < 0 or first + second != len(body):
        raise SnapshotError("The snapshot is cut short: take an older one and replay the rest.")
    return body[:first], body[first:]
