"""The cluster loses a broker and the group gets a second member while the learner's code runs."""

import json
import threading
from itertools import pairwise

from checks import in_order
from hidden_member import work_beside
from on_brokers import Ground, beside, ground, until
from payments import payments

from autograder.checks import Run, check, expect

WORLD = 0x3FA65D90C18E7B24A9B60E52
# As long as the grader likes to keep a broker away; nobody waits for it but in vain.
IN_VAIN_SECONDS, FAILOVER_SECONDS = 3, 150
VICTIM = 3


@check(
    "publish",
    points=4,
    once=True,
    needs="every_payment_arrives",
    feedback="A replica dies. What was written on one broker alone is not safe, so is it reported?",
)
def knows_what_the_replicas_have(run: Run) -> None:
    sent = payments(WORLD + run.parameters["seed"], 24)
    with ground(run, to_break=True) as own:
        assert own.cluster is not None
        topic = own.topic("payments", 6)
        # Takes nothing as long as one broker is away.
        shape = {"assignments": {0: [1, 2, VICTIM]}, "configs": {"min.insync.replicas": "3"}}
        strict = own.topic_of_shape("strict", shape)
        own.cluster.keep_away(VICTIM)
        lost = run.call("publish", strict, sent, IN_VAIN_SECONDS)
        if not own.cluster.is_away(VICTIM):
            raise RuntimeError("somebody else started the broker that was kept away")
        due = sorted(one["id"] for one in sent)
        what = "publish(…) while the cluster has fewer replicas in sync than the topic demands"
        expect(lost, what).to_equal(due)
        lost = run.call("publish", topic, sent, FAILOVER_SECONDS)
        what = "publish(…) after a broker died, when two replicas are enough"
        expect(lost, what).to_equal([])
        in_order(own, topic, sent)


@check(
    "consume",
    points=2,
    once=True,
    needs="handles_what_was_there_before_it_came",
    feedback="A second member joins and leaves. What was done and not committed before it came?",
)
def hands_over_without_repeats(run: Run) -> None:
    sent = payments(WORLD + run.parameters["seed"] + 1, 400, wallets=40)
    # A commit may fail on a machine that is busy, and records come again: by chance, and not twice.
    for attempt in range(2):
        with ground(run) as own:
            twice = handed_over_twice(run, own, sent, f"clerks-{attempt}")
        if not twice:
            break
    expect(twice, "the payments that were handled twice, though nobody crashed").to_equal([])


def handed_over_twice(run: Run, own: Ground, sent: list[dict], word: str) -> list[str]:
    """Let a second member come and go; return the payments that both handled."""
    topic, log = own.topic("payments", 4), own.topic("handled")
    group = own.near(word)
    # The rest comes when the other one is there: nobody is done before it came.
    own.put(topic, sent[:200])
    others: list[str] = []

    def join(over: threading.Event) -> None:
        def rest() -> None:
            own.put(topic, sent[200:])

        if until(lambda: own.count(log) >= 60, over):
            others.extend(work_beside(own, topic, group, log, 40, over, rest))

    with beside(join):
        # Nothing is committed by time here: what is handed over is what counts.
        got = run.call("consume_at_desk", topic, group, log, len(sent), "", 3600, 0.01)
    got = expect(got, "consume(…) with a second member")
    got.at("error").to_equal(None)
    nobody_missed(sent, got.at("handled").value, others)
    both = sorted([*got.at("handled").value, *others])
    twice = sorted({one for one, two in pairwise(both) if one == two})
    if not twice:
        all_committed(own, topic, group)
    return twice


def nobody_missed(sent: list[dict], *handled: list[str]) -> None:
    """Expect every payment to be handled by somebody."""
    missing = sorted({one["id"] for one in sent}.difference(*handled))
    expect(missing, "the payments that nobody handled").to_equal([])


def all_committed(own: Ground, topic: str, group: str) -> None:
    """Expect the group to have nothing left to do."""
    expect(own.committed(topic, group), "what is committed in the end").to_equal(own.ends(topic))


@check(
    "consume",
    points=2,
    once=True,
    needs="handles_what_was_there_before_it_came",
    feedback="The broker that keeps your group's offsets dies while you work. What must you do?",
)
def outlives_a_broker(run: Run) -> None:
    sent = payments(WORLD + run.parameters["seed"] + 2, 500, wallets=40)
    with ground(run, to_break=True) as own:
        topic, log = own.topic("payments", 4), own.topic("handled")
        group = own.near("clerks")
        own.put(topic, sent[:250])
        others: list[str] = []

        def rest() -> None:
            own.put(topic, sent[250:])

        def break_things(over: threading.Event) -> None:
            assert own.cluster is not None
            if until(lambda: own.count(log) >= 60, over):
                own.cluster.kill(own.coordinator(group))
                others.extend(work_beside(own, topic, group, log, 30, over, rest))

        with beside(break_things):
            got = run.call("consume_at_desk", topic, group, log, len(sent), "", 0.0, 0.01)
        got = expect(got, "consume(…) while a broker dies and a second member joins")
        got.at("error").to_equal(None)
        nobody_missed(sent, got.at("handled").value, others)
        left = own.count(topic) - sum(own.committed(topic, group).values())
        if left:
            # The commit of a hand-over may fail as the broker dies. Then its records come again.
            own.cluster.mend()
            again = run.call("consume_at_desk", topic, group, own.topic("handled-again"), left)
            expect(again, "consume(…) for what was not committed").at("error").to_equal(None)
        all_committed(own, topic, group)
        ids = {json.loads(record.value)["id"] for record in own.read(topic)}
        expect(len(ids), "the payments that the topic still has").to_equal(len(sent))
