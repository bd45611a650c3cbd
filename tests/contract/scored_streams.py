"""A small world's payments and labels on real topics, and what became of them."""

import itertools
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
from kafka import KafkaConsumer, TopicPartition

from infra.events.configuration import ProducerConfig
from infra.events.producer import EventProducer
from infra.settings import Kafka
from projects.fraud import columns as c
from projects.fraud.contracts import CONTRACTS, LABEL, PAYMENT, Decision, Label, Payment, key_of
from projects.fraud.features import FeatureConfig, add_features
from projects.fraud.learning.calibration import Calibration
from projects.fraud.learning.scoring_model import ScoringModel
from projects.fraud.scenarios import FraudConfig
from projects.fraud.scoring.configuration import ScorerConfig, StoreConfig
from projects.fraud.scoring.topics import make_scoring_topics
from projects.fraud.simulation import SimulationConfig, simulate

WORLD = SimulationConfig(
    customers=90,
    terminals=120,
    days=40,
    radius=12,
    fraud=FraudConfig(terminals_per_day=0.5, cards_per_day=0.5),
)
_DELAY = pd.Timedelta(days=7)


class Stage:
    """Name topics, groups and schema of one test, so that tests meet nothing of each other."""

    def __init__(self, stem: str, folder: Path) -> None:
        self.stem = f"{stem}-{uuid.uuid4().hex[:6]}"
        self.folder = folder
        topics = {name: f"{self.stem}.{name}" for name in ("payments", "labels", "decisions")}
        self.scorer = ScorerConfig(
            group=f"{self.stem}.scorer", snapshots=folder / "snapshots", **topics
        )
        self.store = StoreConfig(
            f"{self.stem}.store", topics["decisions"], self.stem.replace("-", "_")
        )

    def make_topics(self, kafka: Kafka) -> None:
        make_scoring_topics(kafka, self.scorer, self.store)

    def stream_words(self) -> list[str]:
        told = {
            "model": self.folder / "models",
            "group": self.scorer.group,
            "payments": self.scorer.payments,
            "labels": self.scorer.labels,
            "decisions": self.scorer.decisions,
            "snapshots": self.scorer.snapshots,
            # Restarted, a static member has its partitions back at once.
            "instance": "scorer-1",
            "watch-seconds": 0.2,
        }
        return ["stream", *itertools.chain(*((f"--{k}", str(v)) for k, v in told.items()))]


def world_events(seed: int, count: int) -> tuple[pd.DataFrame, list[Payment], list[Label]]:
    """Return a world, its first payments, and their labels in the order of becoming known."""
    world = simulate(WORLD, seed).head(count)
    payments, labels = [], []
    for number, at, customer, terminal, amount, fraud in zip(
        world[c.TRANSACTION_ID],
        world[c.TX_DATETIME].dt.tz_localize("UTC"),
        world[c.CUSTOMER_ID],
        world[c.TERMINAL_ID],
        world[c.TX_AMOUNT],
        world[c.TX_FRAUD],
        strict=True,
    ):
        same = {"transaction_id": number, "customer_id": customer, "terminal_id": terminal}
        cents = round(amount * 100)
        payments.append(Payment(at=at.to_pydatetime(), amount_cents=cents, **same))
        times = {"payment_at": at.to_pydatetime(), "known_at": (at + _DELAY).to_pydatetime()}
        labels.append(Label(**times, fraud=bool(fraud), source="simulator", **same))
    return world, payments, labels


def save_models(world: pd.DataFrame, folder: Path, versions: Iterable[str]) -> list[ScoringModel]:
    """Train a model for each version, each with some more trees, and save them."""
    names = FeatureConfig().names
    rows = add_features(world)[list(names)].to_numpy(np.float64)
    options = {"objective": "binary", "num_leaves": 15, "verbose": -1, "num_threads": 1}
    knots = Calibration((-8.0, -3.0, 0.0, 4.0), (0.0, 0.02, 0.3, 0.99))
    made = []
    for rounds, version in enumerate(versions, 10):
        data = lightgbm.Dataset(rows, world[c.TX_FRAUD].to_numpy())
        booster = lightgbm.train(options, data, rounds)
        made.append(ScoringModel.of(booster, knots, 0.2, names, version))
        made[-1].save(folder / version)
    return made


def publish(
    kafka: Kafka, topic: str, events: Iterable[Payment | Label], *, per_second: float | None = None
) -> None:
    """Publish events at a rate, or at once; return when all are acknowledged."""
    begun = time.monotonic()
    with EventProducer(kafka, ProducerConfig(name="world"), CONTRACTS) as producer:
        for number, event in enumerate(events):
            if per_second is not None:
                time.sleep(max(0.0, begun + number / per_second - time.monotonic()))
            contract = PAYMENT if isinstance(event, Payment) else LABEL
            producer.send(topic, contract.new(event, producer="world"), key=key_of(event))


def decided(kafka: Kafka, topic: str) -> list[Decision]:
    """Return every decision of a topic, partition by partition."""
    return [CONTRACTS.read(record.value).data for record in records(kafka, topic)]


def records(kafka: Kafka, topic: str) -> list[Any]:
    """Return every record of a topic, partition by partition."""
    consumer = KafkaConsumer(**kafka.client_options(), group_id=None)
    try:
        places = [TopicPartition(topic, n) for n in consumer.partitions_for_topic(topic)]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends, found = consumer.end_offsets(places), []
        while any(consumer.position(one) < end for one, end in ends.items()):
            for some in consumer.poll(timeout_ms=500, max_records=5000).values():
                found += some
        return sorted(found, key=lambda record: (record.partition, record.offset))
    finally:
        consumer.close()


class Counting:
    """Tell how many records a topic has."""

    def __init__(self, kafka: Kafka, topic: str) -> None:
        self._consumer = KafkaConsumer(**kafka.client_options(), group_id=None)
        partitions = self._consumer.partitions_for_topic(topic)
        self._places = [TopicPartition(topic, number) for number in partitions]

    def __call__(self) -> int:
        return sum(self._consumer.end_offsets(self._places).values())

    def close(self) -> None:
        self._consumer.close()


def reaches(count: Callable[[], int], goal: int, *, seconds: float = 120.0) -> None:
    """Wait until a count reaches a figure."""
    end = time.monotonic() + seconds
    while (now := count()) < goal:
        assert time.monotonic() < end, f"{now} of {goal} after {seconds} s"
        time.sleep(0.02)
