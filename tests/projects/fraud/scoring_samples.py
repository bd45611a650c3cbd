"""A small real model, and logs in memory, with which scoring is tried without servers."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import lightgbm
import numpy as np
import pandas as pd

from projects.fraud import columns as c
from projects.fraud.contracts import CONTRACTS, LABEL, PAYMENT, Label, Payment
from projects.fraud.features import FeatureConfig, add_features
from projects.fraud.learning.calibration import Calibration
from projects.fraud.learning.scoring_model import ScoringModel
from projects.fraud.scoring.label_log import read_label
from projects.fraud.scoring.published import Published

NAMES = FeatureConfig().names


def small_model(world: pd.DataFrame, version: str = "small-1", rounds: int = 15) -> ScoringModel:
    """Train a few trees on a world; one payment in fifty is an alert."""
    table = add_features(world)
    options = {"objective": "binary", "num_leaves": 15, "verbose": -1, "num_threads": 1}
    data = lightgbm.Dataset(table[list(NAMES)].to_numpy(), table[c.TX_FRAUD].to_numpy())
    booster = lightgbm.train(options, data, rounds)
    knots = Calibration((-8.0, -3.0, 0.0, 4.0), (0.0, 0.02, 0.3, 0.99))
    model = ScoringModel.of(booster, knots, 0.5, NAMES, version)
    scores = model.scores(table[list(NAMES)].to_numpy(np.float64))
    return ScoringModel.of(booster, knots, float(np.quantile(scores, 0.98)), NAMES, version)


@dataclass(frozen=True)
class Kept:
    """Be a record of a log in memory."""

    offset: int
    value: bytes
    topic: str = "memory"
    timestamp: int = 2_000_000_000_000


def kept(events: Sequence[Payment | Label], contract: Any) -> list[Kept]:
    """Return events as the records of a log."""
    return [
        Kept(offset, CONTRACTS.write(contract.new(event, producer="test")))
        for offset, event in enumerate(events)
    ]


@dataclass
class PaymentsInMemory:
    """Be a log of payments, by partition."""

    partitions: dict[int, list[Kept]]

    @classmethod
    def of(cls, payments: Sequence[Payment], partitions: int) -> "PaymentsInMemory":
        parts: dict[int, list[Payment]] = {number: [] for number in range(partitions)}
        for payment in payments:
            parts[payment.customer_id % partitions].append(payment)
        return cls({number: kept(part, PAYMENT) for number, part in parts.items()})

    def read(self, topic: str, partition: int, start: int, stop: int) -> Iterator[Kept]:
        yield from self.partitions[partition][start:stop]


@dataclass
class LabelsInMemory:
    """Be a log of labels of which only the first `visible` were written yet."""

    records: list[Kept]
    visible: int = 0
    known: list[Label | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.visible = self.visible or len(self.records)
        self.known = [read_label(record) for record in self.records]
        self._offsets = [record.offset for record in self.records]

    @classmethod
    def of(cls, labels: Sequence[Label]) -> "LabelsInMemory":
        return cls(kept(labels, LABEL))

    def refresh(self) -> None:
        """Nothing is to be fetched."""

    def get(self, position: int) -> tuple[int, Label | None] | None:
        place = bisect_left(self._offsets, position)
        return (self._offsets[place], self.known[place]) if place < self.visible else None


class NonePublished(Published):
    """Know no decision, for logs without a topic of decisions."""

    def __init__(self) -> None:
        super().__init__(None, "")  # type: ignore[arg-type]

    def look(self, since: float) -> None:
        self.looked = getattr(self, "looked", 0) + 1
