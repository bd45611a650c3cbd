"""Scores follow from the log: not from batches, the pace of two topics, restarts or redelivery."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from payment_streams import disordered, labels_of, payments_of
from scoring_samples import (
    LabelsInMemory,
    NonePublished,
    PaymentsInMemory,
    kept,
    small_model,
)

from infra.events.errors import RejectedError, UnavailableError
from infra.events.records import Received
from infra.features.errors import SnapshotError
from projects.fraud import columns as c
from projects.fraud.contracts import CONTRACTS, LABEL
from projects.fraud.scoring.models import OneModel
from projects.fraud.scoring.partition_state import PartitionState
from projects.fraud.scoring.partitions import Partitions
from projects.fraud.scoring.scorer import Scorer
from projects.fraud.scoring.snapshots import Snapshots
from projects.fraud.simulation import simulate
from projects.fraud.windows.online import OnlineConfig

ONLINE = OnlineConfig(tidy_every=300)
PARTITIONS = 2


@pytest.fixture(scope="module")
def world(small_config):
    return simulate(replace(small_config, customers=30, terminals=50, radius=18, days=26), 3)


@pytest.fixture(scope="module")
def model(world):
    return small_model(world)


@pytest.fixture(scope="module")
def logs(world):
    """Payments up to an hour late with some copies; labels in another disorder, one of no use."""
    payments, labels = payments_of(world), labels_of(world)
    places = disordered(world[c.TX_DATETIME], pd.Timedelta(hours=1), 1)
    order = disordered(world[c.TX_DATETIME], pd.Timedelta(hours=3), 2)
    far = labels[0].model_copy(
        update={"transaction_id": 10**9, "known_at": labels[0].known_at + timedelta(days=9999)}
    )
    told = [far, *(labels[place] for place in order)]
    return PaymentsInMemory.of([payments[place] for place in places], PARTITIONS), told


class Member:
    """Run a scorer over logs in memory, and gather what it would publish."""

    def __init__(self, payments, labels, model, snapshots=None):
        self.payments, self.model, self.published = payments, model, NonePublished()
        self.partitions = Partitions(payments, labels, self.published, "p", ONLINE, snapshots)
        self.scorer = Scorer(self.partitions, OneModel(model), ONLINE, topic="d")
        self.decided = {}

    def process(self, partition, first, count, attempt=1):
        records = self.payments.partitions[partition][first : first + count]
        batch = [
            Received(CONTRACTS.read(one.value), "p", b"", attempt, partition, one.offset)
            for one in records
        ]
        answers = self.scorer.process(batch)
        for one, answer in zip(records, answers, strict=True):
            if isinstance(answer, Exception):
                raise answer
            told = [(out.key, out.event.id, out.event.data.model_dump_json()) for out in answer]
            known = self.decided.setdefault((partition, one.offset), told)
            assert known == told, "decided anew, and otherwise"

    def run(self, chance, until=None, labels=None):
        """Process all in batches of any size, partitions by turns."""
        ends = {n: len(part) for n, part in self.payments.partitions.items()}
        places = dict.fromkeys(ends, 0)
        while left := [n for n, end in ends.items() if places[n] < end]:
            partition = int(chance.choice(left))
            count = int(chance.integers(1, 60))
            self.process(partition, places[partition], count)
            places[partition] = min(places[partition] + count, ends[partition])


@pytest.fixture(scope="module")
def reference(logs, model):
    member = Member(logs[0], LabelsInMemory.of(logs[1]), model)
    member.run(np.random.default_rng(0))
    assert sum(map(bool, member.decided.values())) == len({*_ids(logs[0])})
    return member


def _ids(payments):
    for part in payments.partitions.values():
        for record in part:
            yield CONTRACTS.read(record.value).data.transaction_id


def test_the_log_has_alerts_with_reasons_and_terminals_with_risk(reference):
    decided = [told[0][2] for told in reference.decided.values() if told]
    assert sum('"alert":true' in one and '"feature"' in one for one in decided) > 10
    risk = ONLINE.features.names.index("TERMINAL_ID_RISK_30DAY_WINDOW")
    states = reference.partitions.states
    rows = [states[n].recall(offset) for (n, offset), told in reference.decided.items() if told]
    assert sum(row[risk] > 0 for row in rows) > 20


@pytest.mark.parametrize("seed", [1, 2])
def test_batches_and_the_order_of_partitions_do_not_matter(logs, model, reference, seed):
    member = Member(logs[0], LabelsInMemory.of(logs[1]), model)
    member.run(np.random.default_rng(seed))
    assert member.decided == reference.decided
    states = [
        {n: s.snapshot() for n, s in m.partitions.states.items()} for m in (member, reference)
    ]
    assert states[0] == states[1]


def test_labels_may_be_written_while_payments_are_scored(world, logs, model, reference):
    """As in real life: a label is there not long before it is known, and never all at once."""
    payments, told = logs
    labels = LabelsInMemory(kept(told, LABEL), visible=1)
    member, chance = Member(payments, labels, model), np.random.default_rng(4)
    first = payments_of(world)[0].at
    for day in range(32):
        now = first + timedelta(days=day + 1)
        due = [n for n, one in enumerate(told[1:], 2) if one.known_at <= now + timedelta(hours=4)]
        labels.visible = max(due, default=1)
        for partition, part in payments.partitions.items():
            state = member.partitions.states.get(partition)
            place = state.position if state else 0
            stop = place
            while stop < len(part) and CONTRACTS.read(part[stop].value).data.at < now:
                stop += 1
            while place < stop:
                count = min(int(chance.integers(1, 40)), stop - place)
                member.process(partition, place, count)
                place += count
    assert member.partitions.labels_too_late == 0
    assert member.decided == reference.decided


def test_a_label_that_is_written_too_late_is_counted(world, model):
    payments = PaymentsInMemory.of(payments_of(world), 1)
    labels = LabelsInMemory(kept(labels_of(world), LABEL), visible=1)
    member = Member(payments, labels, model)
    half = len(payments.partitions[0]) // 2
    member.process(0, 0, half)
    labels.visible = len(labels.records)
    member.process(0, half, half)
    assert member.partitions.labels_too_late > 0


@pytest.mark.parametrize("with_snapshot", [True, False])
def test_a_restart_in_the_middle_changes_nothing(logs, model, reference, tmp_path, with_snapshot):
    labels, snapshots = LabelsInMemory.of(logs[1]), Snapshots(tmp_path) if with_snapshot else None
    before, after = (Member(logs[0], labels, model, snapshots) for _ in range(2))
    for partition, part in logs[0].partitions.items():
        half = len(part) // 2
        before.process(partition, 0, half)
        state = before.partitions.states[partition]
        if snapshots is not None:
            snapshots.save(partition, state)
            # Behind what is committed, a snapshot knows too much.
            before.process(partition, half, 10)
            snapshots.save(partition, state)
        for first in range(half, len(part), 50):
            after.process(partition, first, 50)
        end = reference.partitions.states[partition].snapshot()
        assert after.partitions.states[partition].snapshot() == end
    assert after.published.looked == 2
    assert {**before.decided, **after.decided} == reference.decided


def test_what_is_delivered_again_is_answered_alike(logs, model, reference):
    member = Member(logs[0], LabelsInMemory.of(logs[1]), model)
    member.process(0, 0, 100)
    member.process(0, 40, 60)
    member.process(0, 50, 120, attempt=2)
    member.partitions.states[0].remembered = 10
    member.process(0, 170, 100)
    member.process(0, 20, 400)
    member.process(0, 600, 50)
    assert member.decided == {key: reference.decided[key] for key in member.decided}
    assert reference.published.looked == 2 and member.published.looked == 3


def test_an_outage_of_the_labels_loses_no_payment(logs, model, reference):
    labels = LabelsInMemory.of(logs[1])
    member = Member(logs[0], labels, model)
    get, calls = labels.get, []

    def failing(position):
        calls.append(position)
        if len(calls) == 300:
            raise UnavailableError("no broker")
        return get(position)

    labels.get = failing
    with pytest.raises(UnavailableError):
        member.process(0, 0, 500)
    member.process(0, 0, 500)
    assert member.decided == {key: reference.decided[key] for key in member.decided}


def test_the_decided_are_not_decided_again(logs, model):
    member = Member(logs[0], LabelsInMemory.of(logs[1]), model)
    ids = list(dict.fromkeys(_ids(PaymentsInMemory({0: logs[0].partitions[0][:50]}))))
    member.published.transactions.update(ids[:30])
    member.process(0, 0, 50)
    assert sum(map(len, member.decided.values())) == len(ids) - 30


def test_a_partition_that_another_member_had_meanwhile_is_looked_at_again(logs, model, reference):
    labels = LabelsInMemory.of(logs[1])
    one, other = (Member(logs[0], labels, model) for _ in range(2))
    one.process(0, 0, 50)
    # The other decides on fifty, publishes all of them, and commits the first thirty.
    other.process(0, 50, 50)
    published = [told for told in other.decided.values() if told]
    one.partitions.forget_place([0])
    one.published.transactions |= {*list(_ids(logs[0]))[80:100]}
    one.process(0, 80, 40)
    assert published and one.published.looked == 2
    assert not any(one.decided[0, offset] for offset in range(80, 100))
    later = {key: told for key, told in reference.decided.items() if key in one.decided}
    assert all(one.decided[key] in ([], told) for key, told in later.items())
    assert [one.decided[0, n] for n in range(100, 120)] == [later[0, n] for n in range(100, 120)]


def test_one_payment_fails_alone(logs, model):
    class Delicate:
        version, features, threshold = model.version, model.features, model.threshold
        reasons = staticmethod(model.reasons)

        @staticmethod
        def scores(matrix):
            if (matrix[:, 0] == bad).any():
                raise ValueError("not this one")
            return model.scores(matrix)

    records = logs[0].partitions[0][:20]
    batch = [Received(CONTRACTS.read(r.value), "p", b"", 1, 0, r.offset) for r in records]
    bad = batch[7].event.data.amount_cents / 100
    answers = Member(logs[0], LabelsInMemory.of(logs[1]), Delicate).scorer.process(batch)
    assert [isinstance(answer, ValueError) for answer in answers].count(True) == 1
    assert isinstance(answers[7], ValueError)
    foreign = replace(batch[0], event=CONTRACTS.read(kept(logs[1][:1], LABEL)[0].value))
    [refused] = Member(logs[0], LabelsInMemory.of(logs[1]), model).scorer.process([foreign])
    assert isinstance(refused, RejectedError)


def test_a_payment_of_last_week_is_refused(logs, model):
    state, labels = PartitionState.new(ONLINE), LabelsInMemory.of(logs[1])
    payment = CONTRACTS.read(logs[0].partitions[0][0].value).data
    assert state.take(payment, 0, labels) is not None
    late = {"transaction_id": 10**8, "at": payment.at - timedelta(days=7)}
    with pytest.raises(RejectedError, match="after a later one"):
        state.take(payment.model_copy(update=late), 1, labels)
    assert state.position == 2


def test_a_date_of_the_future_makes_no_other_payment_late(world, logs, model):
    first, second = payments_of(world)[:2]
    far = {"transaction_id": 10**8, "at": first.at + timedelta(days=9999)}
    wrong, sent = first.model_copy(update=far), second.at.timestamp()
    nonsense = labels_of(world)[0].model_copy(update={"payment_at": far["at"]})
    labels = LabelsInMemory.of([nonsense, *labels_of(world)])
    asked, passed = PartitionState.new(ONLINE), PartitionState.new(ONLINE)
    with pytest.raises(RejectedError, match="more than a day after it was sent"):
        asked.take(wrong, 0, labels, sent)
    with pytest.raises(RejectedError, match="more than a day after it was sent"):
        asked.out_of_place(wrong, labels, sent)
    passed.pass_by(wrong, 0, labels, sent)
    rows = [state.take(second, 1, labels, sent) for state in (asked, passed)]
    assert rows[0].tobytes() == rows[1].tobytes() and asked.snapshot() == passed.snapshot()
    assert labels.known[0] is None and asked.latest_payment == second.at


def test_broken_snapshots_are_passed_over(logs, model, tmp_path):
    snapshots, labels = Snapshots(tmp_path, kept=2), LabelsInMemory.of(logs[1])
    member = Member(logs[0], labels, model)
    for _ in range(4):
        place = member.partitions.states[0].position if member.decided else 0
        member.process(0, place, 20)
        path = snapshots.save(0, member.partitions.states[0])
    assert snapshots.positions(0) == [60, 80] and snapshots.positions(1) == []
    assert snapshots.newest(0, 79, ONLINE).position == 60
    path.write_bytes(path.read_bytes()[:-5])
    assert snapshots.newest(0, 10**6, ONLINE).position == 60
    assert snapshots.newest(0, 59, ONLINE) is None
    with pytest.raises(SnapshotError, match="no state"):
        PartitionState.restore(ONLINE, b"{}\n")
