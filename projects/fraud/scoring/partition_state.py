"""Hold all that the scores of one partition of payments depend on, at one place of its log.

The state is a function of two logs: the partition of payments up to `position`, and the labels up
to a place that the payments decide. Before each payment, labels are taken from their log until
`_AHEAD` wait that become known only after the latest payment; the others are added. So the state
does not depend on how fast the two logs were read, on how payments were batched, or on what other
partitions did; and a label counts from the time it was known at, see
`windows.definitions.counted_at`.

One thing is left: a label that is written to its log after a payment was scored in which it should
have counted. It is counted as too late; only there may a replay differ from what was decided.
"""

import heapq
import json
import math
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

import numpy as np

from infra.events.errors import RejectedError
from infra.features.errors import FeatureError, SnapshotError
from infra.features.on_stream import Arrival
from projects.fraud.contracts import Label, Payment
from projects.fraud.scoring.label_log import Labels
from projects.fraud.windows.definitions import counted_at
from projects.fraud.windows.online import OnlineConfig, OnlineWindows

_MARK = "fraud partition state 1"
# Labels that wait do not hold up those behind them, so one of a far future does no harm.
_AHEAD = 1_000
_CLOCKS_APART_SECONDS = 86_400.0
# By the time they became known, and by offset among those of one time.
Waiting = tuple[datetime, int, Label]


@dataclass
class PartitionState:
    """Tell the features of each payment of a partition, in the order of its log.

    `position` is the offset behind the last payment taken in. Rows of the last `remembered` offsets
    are kept, so that a payment that is delivered again has the same features again.
    """

    windows: OnlineWindows
    position: int = 0
    label_position: int = 0
    latest_payment: datetime | None = None
    waiting: list[Waiting] = field(default_factory=list)
    remembered: int = 4_000
    labels_too_late: int = 0
    _rows: "OrderedDict[int, np.ndarray | None]" = field(default_factory=OrderedDict)
    _scored: dict[int, datetime] = field(default_factory=dict)

    @classmethod
    def new(cls, config: OnlineConfig) -> Self:
        """Return the state before the first payment."""
        return cls(OnlineWindows(config))

    def take(
        self, payment: Payment, offset: int, labels: Labels, sent: float = math.inf
    ) -> np.ndarray | None:
        """Take in the payment at an offset and return its features (k,); None for a copy.

        `sent` is the time of its record in seconds since 1970. Raise RejectedError for one that
        comes later than payments may, or that is dated after it was sent.
        """
        if not _is_to_come(payment, sent):
            # What this may raise leaves the payment to be read again.
            self._take_labels(payment, labels)
        self.position = offset + 1
        row = self._answer(payment, sent)
        self._rows[offset] = row
        while len(self._rows) > self.remembered:
            self._rows.popitem(last=False)
        return row

    def pass_by(
        self, payment: Payment | None, offset: int, labels: Labels, sent: float = math.inf
    ) -> None:
        """Take in what another member decided on; None is a record that is no payment."""
        if payment is not None and not _is_to_come(payment, sent):
            self._take_labels(payment, labels)
            self.windows.add_payment(payment)
        self.position = offset + 1

    def remembers(self, offset: int) -> bool:
        """Say whether the answer of an offset is still known."""
        return offset in self._rows

    def recall(self, offset: int) -> np.ndarray | None:
        """Return what `take` returned for an offset that is remembered."""
        return self._rows[offset]

    def out_of_place(
        self, payment: Payment, labels: Labels, sent: float = math.inf
    ) -> np.ndarray | None:
        """Return the features, as of now, of a payment that lost its place in the log; see `take`.

        Such a payment was tried again, or put back from the dead letters. It is missing in the
        windows of those that went by.
        """
        if not _is_to_come(payment, sent):
            self._take_labels(payment, labels)
        try:
            return self._answer(payment, sent)
        except FeatureError as error:
            raise RejectedError(str(error)) from error

    def snapshot(self) -> bytes:
        """Return the state; equal states give the same bytes."""
        head = {
            "mark": _MARK,
            "position": self.position,
            "label_position": self.label_position,
            "latest_payment": _text(self.latest_payment),
            "waiting": [[offset, one.model_dump_json()] for _, offset, one in sorted(self.waiting)],
        }
        return json.dumps(head).encode() + b"\n" + self.windows.snapshot()

    @classmethod
    def restore(cls, config: OnlineConfig, snapshot: bytes) -> Self:
        """Return the state of a snapshot; raise SnapshotError for bytes that are none."""
        line, _, body = snapshot.partition(b"\n")
        try:
            head: dict[str, Any] = json.loads(line)
            if head["mark"] != _MARK:
                raise ValueError(head["mark"])
            return cls(
                OnlineWindows.restore(config, body),
                position=int(head["position"]),
                label_position=int(head["label_position"]),
                latest_payment=_moment(head["latest_payment"]),
                waiting=[_waiting(offset, text) for offset, text in head["waiting"]],
            )
        except SnapshotError:
            raise
        except (ValueError, TypeError, KeyError) as error:
            raise SnapshotError(f"These bytes are no state of a partition: {error!r}") from error

    def _answer(self, payment: Payment, sent: float) -> np.ndarray | None:
        if _is_to_come(payment, sent):
            raise RejectedError(
                f"Payment {payment.transaction_id} is dated {payment.at}, more than a day after it "
                "was sent."
            )
        arrival = self.windows.add_payment(payment)
        if arrival is Arrival.LATE:
            raise RejectedError(
                f"Payment {payment.transaction_id} of {payment.at} came more than "
                f"{self.windows.config.payment_lateness} after a later one."
            )
        if arrival is Arrival.DUPLICATE:
            return None
        scored = self._scored.get(payment.terminal_id, payment.at)
        self._scored[payment.terminal_id] = max(payment.at, scored)
        return self.windows.row(payment)

    def _take_labels(self, payment: Payment, labels: Labels) -> None:
        self.latest_payment = max(payment.at, self.latest_payment or payment.at)
        while len(self.waiting) < _AHEAD:
            found = labels.get(self.label_position)
            if found is None:
                break
            offset, label = found
            self.label_position = offset + 1
            if label is not None:
                heapq.heappush(self.waiting, (label.known_at, offset, label))
                self._add_known()
        self._add_known()

    def _add_known(self) -> None:
        """Add the labels that were known by the time of the latest payment."""
        now = self.latest_payment
        while self.waiting and now is not None and self.waiting[0][0] <= now:
            self._add(heapq.heappop(self.waiting)[2])

    def _add(self, label: Label) -> None:
        arrival = self.windows.add_label(label)
        delay = self.windows.config.label_delay
        counts_from = counted_at(label.payment_at, label.known_at, delay) + delay
        scored = self._scored.get(label.terminal_id)
        if arrival is Arrival.ACCEPTED and scored is not None and scored >= counts_from:
            self.labels_too_late += 1


def _is_to_come(payment: Payment, sent: float) -> bool:
    """Say whether a payment is of the future: it would make all the others look late."""
    return payment.at.timestamp() > sent + _CLOCKS_APART_SECONDS


def _waiting(offset: int, text: str) -> Waiting:
    label = Label.model_validate_json(text)
    return label.known_at, offset, label


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
