"""One broker of three is killed under the scorer's stream, whichever one it is."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from kafka.errors import KafkaError
from scored_streams import Counting, Stage, publish, records, save_models, world_events
from stack_under_test import StackUnderTest

from infra.events.configuration import ProducerConfig
from infra.events.producer import EventProducer
from infra.settings import Kafka
from infra.stack.whole_cluster import is_whole
from projects.fraud.contracts import CONTRACTS, PAYMENT, Payment, key_of
from projects.fraud.scoring.models import point_at
from projects.fraud.scoring.processes import ScoringProcess

pytestmark = pytest.mark.long

BROKERS = ("kafka-1", "kafka-2", "kafka-3")
HALF = 750
PER_SECOND = 150


class Feeding(threading.Thread):
    """Send payments at a rate, a half each time one is let go, and lose none."""

    def __init__(self, kafka: Kafka, topic: str, payments: Sequence[Payment]) -> None:
        super().__init__(daemon=True)
        self._kafka, self._topic, self._payments = kafka, topic, payments
        self._halves = threading.Semaphore(0)
        self.errors: list[Exception] = []

    def go_on(self) -> None:
        self._halves.release()

    def run(self) -> None:
        try:
            # However long a broker's end holds a payment up, it is not given up.
            config = ProducerConfig(name="world", delivery_seconds=3600.0)
            with EventProducer(self._kafka, config, CONTRACTS) as producer:
                for payment in self._at_rate():
                    event = PAYMENT.new(payment, producer="world")
                    producer.send(self._topic, event, key=key_of(payment))
        except Exception as error:
            self.errors.append(error)

    def _at_rate(self) -> Iterator[Payment]:
        for first in range(0, len(self._payments), HALF):
            self._halves.acquire()
            begun = time.monotonic()
            for number, payment in enumerate(self._payments[first : first + HALF]):
                time.sleep(max(0.0, begun + number / PER_SECOND - time.monotonic()))
                yield payment


def test_whichever_broker_is_killed_every_payment_is_decided_once_and_as_without_the_kill(
    three_brokers: StackUnderTest, tmp_path: Path
) -> None:
    settings = three_brokers.own_settings()
    kafka, events = settings.kafka, 2 * HALF * len(BROKERS)
    stage, calm = Stage("brokers", tmp_path / "killed"), Stage("calm", tmp_path / "calm")
    # The same log is scored again, from its first payment on and by another group.
    calm.scorer = replace(calm.scorer, payments=stage.scorer.payments, labels=stage.scorer.labels)
    for one in (stage, calm):
        one.make_topics(kafka)
    world, payments, labels = world_events(4, events)
    save_models(world, stage.folder / "models", ["one"])
    point_at(stage.folder / "models", "one")
    shutil.copytree(stage.folder / "models", calm.folder / "models")
    publish(kafka, stage.scorer.labels, labels)
    feeding = Feeding(kafka, stage.scorer.payments, payments)
    feeding.start()
    seconds = []
    with (
        closing(Counting(kafka, stage.scorer.decisions)) as count,
        ScoringProcess(settings, tmp_path / "log", stage.stream_words()) as scorer,
    ):

        def wait(is_so: Callable[[], bool]) -> None:
            while not is_so():
                assert scorer.process.poll() is None, (tmp_path / "log").read_text()
                assert feeding.errors == []
                time.sleep(0.05)

        for number, broker in enumerate(BROKERS):
            due = 2 * HALF * (number + 1)
            feeding.go_on()
            wait(lambda half=due - 2 * HALF: asked(count) > half)
            # Killed amid one half, it stays away until the others have decided on the other one.
            three_brokers.keep_away(broker)
            killed = time.monotonic()
            feeding.go_on()
            wait(lambda due=due: asked(count) >= due)
            seconds.append(time.monotonic() - killed)
            three_brokers.start_program(broker)
            wait(lambda: is_whole(kafka))
        feeding.join()
        assert feeding.errors == []
        scorer.end(patience=600.0)
    with (
        closing(Counting(kafka, calm.scorer.decisions)) as count,
        ScoringProcess(settings, tmp_path / "calm-log", calm.stream_words()) as scorer,
    ):
        wait(lambda: asked(count) >= events)
        scorer.end(patience=600.0)
    found, undisturbed = (values(kafka, one.scorer.decisions) for one in (stage, calm))
    ids = [CONTRACTS.read(value).data.transaction_id for value in found]
    print(
        f"\n{events} payments, each of {len(BROKERS)} brokers killed and kept away in turn: lost "
        f"{events - len(set(ids))}, decided twice {len(ids) - len(set(ids))}; the "
        f"payments of {2 * HALF / PER_SECOND:.0f} s were decided without it after "
        f"{', '.join(f'{one:.0f}' for one in seconds)} s"
    )
    assert sorted(ids) == sorted(payment.transaction_id for payment in payments)
    # Partition by partition, envelope and all, in the same order.
    assert found == undisturbed
    assert sum(CONTRACTS.read(value).data.alert for value in found) > 10


def asked(count: Counting) -> int:
    """Count again for as long as the broker that is asked has gone."""
    while True:
        try:
            return count()
        except KafkaError:
            time.sleep(0.2)


def values(kafka: Kafka, topic: str) -> list[bytes]:
    return [record.value for record in records(kafka, topic)]
