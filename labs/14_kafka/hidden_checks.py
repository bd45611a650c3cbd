"""Worlds that the release cannot make again, and the cases that hurt, without breaking anything."""

import random
import secrets

from checks import EUROS, has_its_shape, refuses, sums, survives_a_crash
from kafka import TopicPartition
from on_brokers import ground
from payments import as_bytes, payments

from autograder.checks import Run, check, expect

WORLD = 0x8D41C0F57B92E6A30D5B7714


@check(
    "topic",
    points=1,
    once=True,
    feedback="Do partitions and days follow what it is told? Do other errors leave the function?",
)
def has_the_size_it_is_told(run: Run) -> None:
    with ground(run) as own:
        has_its_shape(run, own, partitions=1, days=90)
        said = run.call("error_of", "make_topic", own.near("none"), 0, 1)
        expect(said is not None, "the error of make_topic(name, partitions=0, days=1)").to_be_true(
            "it must leave the function"
        )


@check(
    "publish",
    points=1,
    once=True,
    feedback="One payment is too large for the client. What becomes of it, and of the others?",
)
def tells_what_is_too_large(run: Run) -> None:
    sent = payments(WORLD + run.parameters["seed"], 20)
    large = [
        {**one, "note": "x" * 1_200_000} if n in (4, 11) else one for n, one in enumerate(sent)
    ][::-1]
    with ground(run) as own:
        topic = own.topic("payments", 3)
        lost = run.call("publish", topic, large, 60)
        due = sorted(sent[n]["id"] for n in (4, 11))
        expect(lost, "publish(two payments of 1.2 MB among them)").to_equal(due)
        rest = sorted(as_bytes(one) for one in sent if one["id"] not in due)
        found = sorted(record.value for record in own.read(topic, len(rest)))
        expect(found, "the payments in the topic").to_equal(rest)


@check(
    "contract",
    points=2,
    feedback="Unknown fields, other kinds (True, 2.0, a list), other versions, other currencies?",
)
def holds_to_the_letter(run: Run) -> None:
    made = random.Random(WORLD + run.parameters["seed"])
    cents = made.randrange(-(10**9), 10**9)
    one = {"id": secrets.token_hex(4), "wallet": "w7", "cents": cents}
    expect(run.call("read", as_bytes(one)), "read(without a version)").to_equal(one)
    more = {**one, "version": 1, "amount": "?", "colour": ["red"]}
    expect(run.call("read", as_bytes(more)), "read(with more fields)").to_equal(one)
    two = {**EUROS, "amount": {"cents": cents, "currency": "EUR", "rate": 1}, "cents": 1.5}
    got = run.call("read", as_bytes(two))
    due = {"id": "p9", "wallet": "w1", "cents": cents}
    expect(got, "read(version 2 with more fields)").to_equal(due)
    for name, wrong in (
        ("cents", {**one, "cents": True}),
        ("cents", {**one, "cents": 2.0}),
        ("id", {**one, "id": 7}),
        ("wallet", {"id": "p1", "cents": 2}),
        ("cents", {**one, "cents": "250"}),
        ("version", {**one, "version": 3}),
        ("version", {**one, "version": True}),
        ("version", {**EUROS, "version": 2.0}),
        ("amount", {**one, "version": 2}),
        ("amount", {**EUROS, "amount": 250}),
        ("currency", {**EUROS, "amount": {"cents": 2}}),
        ("currency", {**EUROS, "amount": {"cents": 2, "currency": "USD"}}),
        ("cents", {**EUROS, "amount": {"currency": "EUR"}, "cents": 5}),
    ):
        refuses(run, as_bytes(wrong), name)
    refuses(run, b"[1, 2]", "")
    refuses(run, b"{no json", "")


@check(
    "consume",
    points=1,
    needs="handles_what_was_there_before_it_came",
    feedback="The very first record breaks everything, then the last. What is committed?",
)
def loses_nothing_at_the_edges(run: Run) -> None:
    sent = payments(WORLD + run.parameters["seed"] + 1, 40, wallets=3)
    for place in (0, -1):
        with ground(run) as own:
            survives_a_crash(run, own, sent, crash_on=sent[place]["id"])


@check(
    "sink",
    points=1,
    feedback="Who knows the ids after a restart? Are two payments that look alike one?",
)
def remembers_over_a_restart(run: Run) -> None:
    sent = payments(WORLD + run.parameters["seed"] + 2, 40)
    name = secrets.token_hex(8)
    run.call("apply_all", name, sent[:25])
    told = run.call("apply_all", name, sent)
    expect(told, "apply(…) after a restart").to_equal([False] * 25 + [True] * 15)
    expect(run.call("balances_of", name), "the balances after a restart").to_equal(sums(sent))
    twin = {**sent[0], "id": "twin"}
    expect(run.call("apply_all", name, [twin]), "apply(another of the same cents)").to_equal([True])


@check(
    "sink",
    points=2,
    feedback="The power goes out between the effect and the note of its id. What is on the disk?",
)
def has_both_or_neither(run: Run) -> None:
    sent = payments(WORLD + run.parameters["seed"] + 3, 12, wallets=3)
    for table in ("seen", "balances"):
        name = secrets.token_hex(8)
        run.call("apply_all", name, sent[:10])
        run.call("cut_power_at", name, table)
        for one in sent[10:]:
            said = run.call("error_of", "apply_all", name, [one])
            what = f"the error that leaves apply(…) when {table} cannot be written"
            expect(said is not None, what).to_be_true("there must be one")
        run.call("restore_power", name)
        found = run.call("balances_of", name)
        expect(found, f"the balances after a failure at {table}").to_equal(sums(sent[:10]))
        told = run.call("apply_all", name, sent)
        what = f"apply(…) for all, after a failure at {table}"
        expect(told, what).to_equal([False] * 10 + [True] * 2)
        expect(run.call("balances_of", name), "the balances in the end").to_equal(sums(sent))
        name = secrets.token_hex(8)
        got = expect(run.call("apply_over_a_cut", name, table, sent), "one connection, apply(…)")
        got.at("error").to_equal("OperationalError")
        got.at("told").to_equal([True] * len(sent))
        what = "the balances, when the same connection went on after a failure"
        expect(run.call("balances_of", name), what).to_equal(sums(sent))


@check(
    "poison",
    points=1,
    feedback="A failure that passes is no poison. How often is it tried, and where does it end up?",
)
def forgives_what_passes(run: Run) -> None:
    with ground(run) as own:
        topic, dead = own.topic("payments"), own.topic("dead", 2)
        values = [f"v{n}-{run.parameters['seed']}" for n in range(5)]
        own.put_records(topic, [(None, one.encode(), []) for one in values])
        failing = {values[1]: 3, values[2]: 4, values[4]: 99}
        got = expect(run.call("work_through", topic, dead, 4, failing), "with_dead_letters(…)")
        got.at("error").to_equal(None)
        got.at("handled").to_equal([values[0], values[1], values[3]])
        got.at("tried").to_equal(dict(zip(values, (1, 4, 4, 1, 4), strict=True)))
        letters = sorted([one.key, one.value] for one in own.read(dead, 2))
        due = sorted([None, values[n].encode()] for n in (2, 4))
        expect(letters, "keys and values of the dead letters").to_equal(due)


@check(
    "poison",
    points=2,
    once=True,
    feedback="The topic for dead letters takes none. May the consumer go on and commit?",
)
def drops_nothing_in_silence(run: Run) -> None:
    with ground(run) as own:
        # Room for no letter: the broker refuses each.
        topic, dead = own.topic("payments"), own.topic("dead", max_message_bytes="40")
        own.put_records(topic, [(b"w1", one, []) for one in (b"a", b"b", b"c")])
        got = run.call("work_through", topic, dead, 2, {"b": 99})
        got = expect(got, "with_dead_letters(…) when no letter is taken")
        error = got.at("error").value
        expect(error is not None, "the error of the refused letter").to_be_true("it must leave")
        got.at("tried").to_equal({"a": 1, "b": 2})
        got.at("handled").to_equal(["a"])


@check(
    "poison",
    points=2,
    once=True,
    feedback="It is called again: at once, after new letters, and after a refusal half-way.",
)
def puts_each_back_once(run: Run) -> None:
    letters = [(b"k", f"letter {n} {secrets.token_hex(4)}".encode(), []) for n in range(9)]
    with ground(run) as own:
        dead, group = own.topic("dead", 2), own.near("menders")
        topic, closed = own.topic("payments"), own.topic("closed", max_message_bytes="40")
        own.put_records(dead, letters[:6])
        said = run.call("error_of", "replay", dead, closed, group)
        expect(said is not None, "replay(into a topic that takes nothing)").to_be_true(
            "an error must leave"
        )
        expect(run.call("replay", dead, topic, group), "replay(…) after that").to_equal(6)
        expect(run.call("replay", dead, topic, group), "replay(…) at once again").to_equal(0)
        own.put_records(dead, letters[6:])
        expect(run.call("replay", dead, topic, group), "replay(…) after 3 new letters").to_equal(3)
        found = sorted(one.value for one in own.read(topic, len(letters)))
        expect(found, "what was put back").to_equal(sorted(value for _, value, _ in letters))


@check(
    "lag",
    points=1,
    once=True,
    feedback="The group never committed a partition, and its oldest records were deleted by time.",
)
def counts_what_is_still_there(run: Run) -> None:
    sent = payments(WORLD + run.parameters["seed"] + 4, 90)
    with ground(run) as own:
        topic, group = own.topic("payments", 3), own.near("clerks")
        own.put(topic, sent)
        ends = own.ends(topic)
        gone = {place: end // 2 for place, end in ends.items()}
        own.admin.delete_records({TopicPartition(topic, p): n for p, n in gone.items()})
        due = {place: end - gone[place] for place, end in ends.items()}
        got = run.call("lag", topic, group)
        expect(got, "lag(a group that never committed)").to_equal(due)
        own.commit(topic, group, {1: ends[1]})
        got = run.call("lag", topic, group)
        expect(got, "lag(a group that committed one partition)").to_equal({**due, 1: 0})


@check(
    "lag",
    points=2,
    feedback="Idle for an hour, then a record comes. And since when has a partition stood still?",
)
def is_not_deceived(run: Run) -> None:
    made = random.Random(WORLD + run.parameters["seed"])
    start, step = made.randrange(10**6), made.randrange(5, 20)
    # Partition 4 is measured a second later than the others, so it is not the first to be seen.
    idle = [[start + n * step + 1, 4, 80, 80] for n in range(9)]
    idle.append([start + 9 * step + 1, 4, 81, 80])
    moved = [[start + n * step, 7, 400, 100 + (n > 2)] for n in range(10)]
    dry = [[start + n * step, 9, 60 + 5 * (n > 5), 60] for n in range(10)]
    ended = [[start + n * step, 11, 50, 20] for n in range(9)] + [[start + 9 * step, 11, 50, 50]]
    samples = sorted(idle + moved + dry + ended)
    for steps, due in ((0, [4, 7, 9]), (3, [7, 9]), (6, [7]), (7, [])):
        got = run.call("stuck", samples, steps * step)
        expect(got, f"stuck(samples, {steps} steps)").to_equal(due)
    expect(run.call("stuck", [], 60), "stuck([], 60)").to_equal([])
    # Measured rarely, and no more; others are measured for longer.
    rare = [[start, 1, 90, 10], [start + 50, 1, 90, 20], [start + 100, 1, 90, 20]]
    others = [[start + at, 2, 90, at] for at in range(0, 200, 5)]
    for seconds, due in ((50, [1]), (51, [])):
        got = run.call("stuck", sorted(rare + others), seconds)
        expect(got, f"stuck(samples of a partition every 50 s, {seconds})").to_equal(due)
