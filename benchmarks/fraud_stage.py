"""The servers, the world and the model with which the fraud project is measured."""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from kafka import KafkaConsumer
from kafka.structs import OffsetAndMetadata, TopicPartition
from sklearn.model_selection import train_test_split

from benchmarks.stack import free_offset
from infra.events.configuration import ProducerConfig
from infra.events.contract import Contract
from infra.events.producer import EventProducer
from infra.events.records import Record
from infra.settings import Settings, load_settings
from infra.stack.stack import Stack
from infra.stack.supervision import Supervisor
from projects.fraud import columns as c
from projects.fraud.contracts import CONTRACTS, LABEL, PAYMENT, Label, Payment, key_of
from projects.fraud.features import FeatureConfig, add_features
from projects.fraud.learning.boosting import BoostingConfig, boosted_trees
from projects.fraud.learning.calibration import Calibration
from projects.fraud.learning.scoring_model import ScoringModel
from projects.fraud.scoring.configuration import ScorerConfig
from projects.fraud.simulation import SimulationConfig, simulate

NAMES = FeatureConfig().names
_TREES = BoostingConfig(n_estimators=200, learning_rate=0.05)
_TRAINING_ROWS = 50_000
_ALERTS = 0.01


@dataclass(frozen=True)
class Servers:
    """Hold a running stack of one's own."""

    stack: Stack

    @property
    def settings(self) -> Settings:
        return load_settings(self.stack.home.root)

    def pid(self, program: str) -> int:
        """Return the process of a program, such as the broker `kafka-2`."""
        return Supervisor(self.stack.home).states()[program].pid


@contextmanager
def servers(parts: Sequence[str], *, brokers: int = 1) -> Iterator[Servers]:
    """Start parts of a stack in a folder that is removed afterwards."""
    for name in [name for name in os.environ if name.startswith("LAB_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory(prefix="bench-fraud-") as folder:
        stack = Stack(Path(folder) / "stack")
        try:
            outcome = stack.up(parts, brokers=brokers, port_offset=free_offset())
            if outcome.failures:
                raise RuntimeError(f"the stack did not come up: {outcome.failures}")
            yield Servers(stack)
        finally:
            stack.wipe()


def trained(world: pd.DataFrame, version: str) -> tuple[ScoringModel, object, np.ndarray]:
    """Return a model, the scikit-learn classifier it was made of, and rows to score.

    The size is that of the project's own models; how good it is does not matter here.
    """
    table = add_features(world)
    rows, truth = table[list(NAMES)].to_numpy(np.float64), table[c.TX_FRAUD].to_numpy()
    size = min(_TRAINING_ROWS, len(rows) // 2)
    train, rest, labels, other = train_test_split(rows, truth, train_size=size, random_state=0)
    classifier = boosted_trees(_TREES, seed=0).fit(train, labels)
    margins = classifier.predict(rest[:size], raw_score=True)
    calibration = Calibration.fit(margins, other[:size])
    scores = calibration.apply(margins)
    threshold = float(np.quantile(scores, 1 - _ALERTS))
    return (
        ScoringModel.of(classifier.booster_, calibration, threshold, NAMES, version),
        classifier,
        rest,
    )


@dataclass(frozen=True)
class Story:
    """Hold a world cut in two: what was decided long ago, and what is still to come."""

    past: list[Payment]
    coming: list[Payment]
    labels: list[Label]


def story(history_days: int, coming: int, seed: int = 0) -> tuple[pd.DataFrame, Story]:
    """Return a world of the default size, and as a story the `coming` payments after its past."""
    per_day = 9_000
    days = history_days + coming // per_day + 2
    world = simulate(SimulationConfig(days=days), seed)
    begins = int((world[c.TX_TIME_DAYS] < history_days).sum())
    used = world.head(begins + coming)
    payments = [
        Payment(
            transaction_id=number, at=at, customer_id=card, terminal_id=terminal, amount_cents=cents
        )
        for number, at, card, terminal, cents in zip(
            used[c.TRANSACTION_ID].tolist(),
            [at.to_pydatetime() for at in used[c.TX_DATETIME].dt.tz_localize("UTC")],
            used[c.CUSTOMER_ID].tolist(),
            used[c.TERMINAL_ID].tolist(),
            np.rint(used[c.TX_AMOUNT] * 100).astype(int).tolist(),
            strict=True,
        )
    ]
    delay = pd.Timedelta(days=FeatureConfig().label_delay_days).to_pytimedelta()
    labels = [
        Label(
            transaction_id=one.transaction_id,
            payment_at=one.at,
            known_at=one.at + delay,
            terminal_id=one.terminal_id,
            customer_id=one.customer_id,
            fraud=bool(fraud),
            source="simulator",
        )
        for one, fraud in zip(payments, used[c.TX_FRAUD].tolist(), strict=True)
        if one.at + delay <= payments[-1].at
    ]
    return world, Story(payments[:begins], payments[begins:], labels)


def encoded(topic: str, events: Sequence[Payment | Label]) -> list[Record]:
    """Return events as the bytes to send, so that sending them costs little."""
    contracts: dict[type, Contract] = {Payment: PAYMENT, Label: LABEL}
    return [
        Record(
            topic,
            key_of(event).encode(),
            CONTRACTS.write(contracts[type(event)].new(event, producer="bench")),
        )
        for event in events
    ]


def tell_the_past(settings: Settings, told: Story, config: ScorerConfig) -> float:
    """Publish the past and all labels, note the past as decided, and return the seconds it took."""
    begun = time.monotonic()
    with EventProducer(settings.kafka, ProducerConfig(name="past"), CONTRACTS) as producer:
        for record in encoded(config.labels, told.labels) + encoded(config.payments, told.past):
            producer.send_record(record)
    consumer = KafkaConsumer(
        **settings.kafka.client_options(), group_id=config.group, enable_auto_commit=False
    )
    try:
        places = [TopicPartition(config.payments, n) for n in range(config.partitions)]
        consumer.assign(places)
        ends = consumer.end_offsets(places)
        consumer.commit({one: OffsetAndMetadata(end, "", -1) for one, end in ends.items()})
    finally:
        consumer.close()
    return time.monotonic() - begun
