"""Answer batches of payments with decisions; the part of the stream scorer between two logs."""

import logging
from collections.abc import Callable, Sequence

import numpy as np

from infra.events.errors import RejectedError, UnavailableError
from infra.events.records import Answers, Outgoing, Received
from projects.fraud.contracts import DECISION, Decision, Payment, key_of
from projects.fraud.scoring.deciding import decide
from projects.fraud.scoring.models import Model, Models
from projects.fraud.scoring.partitions import Partitions
from projects.fraud.windows.online import OnlineConfig

log = logging.getLogger(__name__)
_NAME = "fraud-scorer"


class Scorer:
    """Give each payment its decision, once, in the order of its partition.

    The features follow from the log alone (see `partition_state`) and the scores from the features
    and the model, row by row: how payments are batched does not matter.
    """

    def __init__(
        self,
        partitions: Partitions,
        models: Models,
        config: OnlineConfig,
        *,
        topic: str,
        reasons: int = 3,
        told: Callable[[Sequence[Decision]], None] = lambda decisions: None,
    ) -> None:
        """Publish to `topic`; `told` is given what was decided, for figures."""
        self._partitions, self._models = partitions, models
        self._names = config.features.names
        self._topic, self._reasons, self._told = topic, reasons, told

    def process(self, batch: Sequence[Received[Payment]]) -> Answers:
        """Return for each payment its decision to publish, nothing for a copy, or its error."""
        model = self._models.current()
        self._partitions.refresh()
        rows = [self._row(received) for received in batch]
        places = [place for place, row in enumerate(rows) if isinstance(row, np.ndarray)]
        decided = dict(
            zip(places, self._decide(model, [(batch[p], rows[p]) for p in places]), strict=True)
        )
        self._told([one for one in decided.values() if isinstance(one, Decision)])
        answers: list[Sequence[Outgoing] | Exception] = []
        for place, (received, row) in enumerate(zip(batch, rows, strict=True)):
            answer = decided.get(place, row)
            if isinstance(answer, Decision):
                event = DECISION.new(answer, producer=_NAME, cause=received.event)
                answers.append([Outgoing(self._topic, key_of(answer), event)])
            else:
                answers.append(answer if isinstance(answer, Exception) else ())
        return answers

    def _row(self, received: Received[Payment]) -> np.ndarray | Exception | None:
        if not isinstance(received.event.data, Payment):
            return RejectedError(f"{received.event.event} is no payment.")
        try:
            return self._partitions.row(received)
        except UnavailableError:
            raise
        except Exception as error:
            return error

    def _decide(
        self, model: Model, asked: Sequence[tuple[Received[Payment], np.ndarray]]
    ) -> Sequence[Decision | Exception]:
        try:
            return self._decided(model, asked)
        except Exception as error:
            if len(asked) == 1:
                return [error]
            # One that cannot be scored must not take the others with it.
            log.warning("a batch of %d is scored one by one: %s", len(asked), error)
            return [one for alone in asked for one in self._decide(model, [alone])]

    def _decided(
        self, model: Model, asked: Sequence[tuple[Received[Payment], np.ndarray]]
    ) -> list[Decision]:
        payments = [received.event.data for received, _ in asked]
        rows = [row for _, row in asked]
        return decide(model, payments, rows, self._names, reasons=self._reasons)
