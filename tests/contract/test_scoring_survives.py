"""The scorer is killed, its model swapped, its topic poisoned: each payment is decided once."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from scored_streams import Counting, Stage, decided, publish, reaches, save_models, world_events
from stack_under_test import StackUnderTest

from infra.events.configuration import ProducerConfig
from infra.events.dead_letters import replay, waiting
from infra.events.errors import EventsError
from infra.events.producer import EventProducer
from infra.events.records import Record
from infra.events.stopping import Stop
from infra.events.topics import GroupTopics
from infra.settings import Kafka, Postgres
from projects.fraud.contracts import CONTRACTS, Decision, Payment
from projects.fraud.scoring.label_log import LabelLog
from projects.fraud.scoring.models import point_at
from projects.fraud.scoring.processes import ScoringProcess
from projects.fraud.scoring.replaying import replayed
from projects.fraud.scoring.snapshots import Snapshots
from projects.fraud.scoring.snapshotting import committed, save_snapshots
from projects.fraud.scoring.store import store_decisions

pytestmark = pytest.mark.long


def test_five_kills_lose_nothing_decide_nothing_twice_and_replay_to_the_last_bit(
    kafka: Kafka, postgres: Postgres, faults: StackUnderTest, tmp_path: Path
) -> None:
    events, kills = 5_000, 5
    each = events // (kills + 1)
    stage = Stage("killed", tmp_path)
    stage.make_topics(kafka)
    world, payments, labels = world_events(1, events)
    [model] = save_models(world, tmp_path / "models", ["one"])
    point_at(tmp_path / "models", "one")
    publish(kafka, stage.scorer.labels, labels)
    settings, log, words = faults.own_settings(), tmp_path / "log", stage.stream_words()
    started = threading.Semaphore(0)

    def load() -> Iterator[Payment]:
        # Each scorer has payments of its own to decide, however slowly it starts.
        for number, payment in enumerate(payments):
            if number % each == 0:
                started.acquire()
            yield payment

    feeding = threading.Thread(
        target=publish,
        args=(kafka, stage.scorer.payments, load()),
        kwargs={"per_second": 400},
        daemon=True,
    )
    stop = Stop()
    storing = threading.Thread(
        target=store_decisions,
        args=(kafka, postgres, stage.store),
        kwargs={"stop": stop},
        daemon=True,
    )
    begun = time.monotonic()
    with closing(Counting(kafka, stage.scorer.decisions)) as count:
        feeding.start()
        storing.start()
        for kill in range(kills):
            with ScoringProcess(settings, log, words) as scorer:
                started.release()
                reaches(count, 1 + kill * each)
                if kill == 2:
                    save_snapshots(kafka, stage.scorer)
                scorer.kill()
        with ScoringProcess(settings, log, words) as scorer:
            # What does not divide by the kills is a portion of its own.
            started.release(2)
            reaches(count, events)
            feeding.join()
            seconds = scorer.end()
    published = decided(kafka, stage.scorer.decisions)
    ids = [decision.transaction_id for decision in published]
    reaches(lambda: _rows(postgres, stage), events)
    stop.ask()
    storing.join()
    print(
        f"\n{events} payments, {kills} kills, {time.monotonic() - begun:.0f} s: lost "
        f"{events - len(set(ids))}, decided twice {len(ids) - len(set(ids))}, "
        f"rows {_rows(postgres, stage)}; end on SIGTERM after {seconds:.1f} s"
    )
    assert sorted(ids) == sorted(payment.transaction_id for payment in payments)
    assert _rows(postgres, stage) == events
    places = committed(kafka, stage.scorer.group, stage.scorer.payments)
    once, again = (
        {one.transaction_id: one.model_dump_json() for one in replayed(kafka, model, stage.scorer)}
        for _ in range(2)
    )
    assert once == again == {one.transaction_id: one.model_dump_json() for one in published}
    middle = {partition: end // 2 for partition, end in places.items()}
    rest = [
        one
        for partition in sorted(middle)
        for one in replayed(kafka, model, stage.scorer, partitions=[partition], since=middle)
    ]
    # What came before the middle fills the windows alone, and changes nothing after it.
    assert len(rest) == sum(places.values()) - sum(middle.values())
    assert all(once[one.transaction_id] == one.model_dump_json() for one in rest)
    assert sum(one.alert and bool(one.reasons) for one in published) > 10
    # In order it left snapshots where the group stands, of the partitions that it met.
    kept = Snapshots(tmp_path / "snapshots")
    left = {partition: kept.positions(partition)[-1] for partition in places}
    assert any(left[partition] == place for partition, place in places.items())
    assert all(left[partition] <= place for partition, place in places.items())


def test_models_are_swapped_under_load_and_the_unreadable_is_put_aside(
    kafka: Kafka, faults: StackUnderTest, tmp_path: Path
) -> None:
    folder = tmp_path / "models"
    stage = Stage("swapped", tmp_path)
    stage.make_topics(kafka)
    world, payments, labels = world_events(2, 6_400)
    models = save_models(world, folder, ["one", "two", "three"])
    point_at(folder, "one")
    publish(kafka, stage.scorer.labels, labels)
    sent: list[Payment] = []
    enough = threading.Event()

    def load() -> Iterator[Payment]:
        # Payments come for as long as the swaps take: some seconds, on a slow machine a minute.
        for payment in itertools.takewhile(lambda _: not enough.is_set(), payments[len(sent) :]):
            sent.append(payment)
            yield payment

    feeding = threading.Thread(
        target=publish, args=(kafka, stage.scorer.payments, load()), kwargs={"per_second": 100}
    )
    with (
        closing(Counting(kafka, stage.scorer.decisions)) as count,
        ScoringProcess(faults.own_settings(), tmp_path / "log", stage.stream_words()) as scorer,
    ):

        def decides_with(version: str) -> None:
            reaches(lambda: versions(decided(kafka, stage.scorer.decisions)).count(version), 1)

        sent += payments[:1]
        publish(kafka, stage.scorer.payments, sent)
        decides_with("one")
        feeding.start()
        try:
            reaches(count, 200)
            point_at(folder, "two")
            with EventProducer(kafka, ProducerConfig(name="vandal"), CONTRACTS) as producer:
                producer.send_record(Record(stage.scorer.payments, b"1", b"no payment"))
            decides_with("two")
            # A model that is not there is no reason to stop.
            point_at(folder, "missing")
            reaches(count, count() + 200)
            point_at(folder, "three")
            decides_with("three")
        finally:
            enough.set()
            feeding.join()
        late = {"transaction_id": 10**9, "at": sent[-1].at - timedelta(days=9)}
        publish(kafka, stage.scorer.payments, [sent[-1].model_copy(update=late)])
        reaches(count, len(sent))
        topics = GroupTopics.of(stage.scorer.consumer, stage.scorer.retry)
        reaches(lambda: len(waiting(kafka, topics)), 2)
        reasons = sorted(letter.failure.reason for letter in waiting(kafka, topics))
        assert "ContractError" in reasons[0] and "came more than" in reasons[1]
        assert replay(kafka, topics).put_back == 2
        reaches(lambda: len(waiting(kafka, topics)), 2)
        scorer.end()
    published = decided(kafka, stage.scorer.decisions)
    ids = [decision.transaction_id for decision in published]
    assert sorted(ids) == sorted(payment.transaction_id for payment in sent)
    assert set(versions(published)) == {"one", "two", "three"}
    by_version = {
        model.version: {one.transaction_id: one for one in replayed(kafka, model, stage.scorer)}
        for model in models
    }
    assert all(one == by_version[one.model_version][one.transaction_id] for one in published)
    swaps = sum(one != other for one, other in itertools.pairwise(versions(published)))
    # Each of two partitions goes from the first model to the last, never back.
    assert swaps <= 2 * 2 + 1


def versions(decisions: list[Decision]) -> list[str]:
    return [decision.model_version for decision in decisions]


def test_labels_are_read_at_two_places_by_turns(kafka: Kafka, tmp_path: Path) -> None:
    stage = Stage("labels", tmp_path)
    stage.make_topics(kafka)
    _, _, labels = world_events(3, 300)
    publish(kafka, stage.scorer.labels, labels[:250])
    with LabelLog(kafka, stage.scorer.labels, kept=20) as log:
        publish(kafka, stage.scorer.labels, labels[250:])
        for behind, ahead in zip(range(0, 150), range(100, 250), strict=True):
            log.refresh()
            for position in (behind, ahead):
                assert log.get(position) == (position, labels[position])
        reaches(lambda: log.refresh() or sum(log.get(n) is not None for n in range(250, 310)), 50)
        assert log.get(299) == (299, labels[299]) and log.get(300) is None
    with pytest.raises(EventsError, match="must have exactly one"):
        LabelLog(kafka, stage.scorer.payments)


def _rows(postgres: Postgres, stage: Stage) -> int:
    with psycopg.connect(**postgres.client_options()) as session:
        made = session.execute("select to_regclass(%s)", (f"{stage.store.schema}.decisions",))
        if made.fetchone() == (None,):
            return 0
        [count] = session.execute(f"select count(*) from {stage.store.schema}.decisions").fetchone()
        return count
