"""What learners can read: each check looks at the brokers, not at what the notebook says."""

import json
import secrets
import threading

from on_brokers import Ground, beside, ground, retried, until
from payments import as_bytes, by_wallet, payments

from autograder.checks import Run, check, expect

ENOUGH_SECONDS = 120
EUROS = {"version": 2, "id": "p9", "wallet": "w1", "amount": {"cents": 250, "currency": "EUR"}}


@check("topic", points=1)
def lives_on_three_brokers(run: Run) -> None:
    with ground(run) as own:
        has_its_shape(run, own, partitions=4, days=7)


def has_its_shape(run: Run, own: Ground, partitions: int, days: int) -> None:
    """Expect the topic that make_topic makes to have these partitions, replicas and settings."""
    for attempt in range(3):
        name = own.near(f"payments-{attempt}")
        made = run.call("make_topic", name, partitions, days)
        # A client that waits too long for slow brokers asks again, and meets its own topic.
        if made is not False:
            break
    expect(made, "make_topic(…)").to_equal(True)
    expect(own.is_there(name), "the topic").to_be_true("it must be on the brokers")
    [found] = retried(lambda: own.admin.describe_topics([name]))
    replicas = [len(one["replica_nodes"]) for one in found["partitions"]]
    what = "the number of brokers that have each partition"
    expect(replicas, what).to_equal([3] * partitions)
    settings = expect(own.settings(name), "the topic's own settings")
    settings.at("min.insync.replicas").to_equal("2")
    settings.at("retention.ms").to_equal(str(days * 86_400_000))


@check("topic", points=1, once=True)
def leaves_a_topic_that_is_there(run: Run) -> None:
    with ground(run) as own:
        name = own.topic("payments", 2, retention_ms="1000000")
        expect(run.call("make_topic", name, 5, 1), "make_topic(one that is there)").to_equal(False)
        expect(len(own.places(name)), "the number of its partitions").to_equal(2)
        expect(own.settings(name), "its settings").at("retention.ms").to_equal("1000000")


@check("publish", points=1)
def every_payment_arrives(run: Run) -> None:
    sent = payments(run.parameters["seed"], 60)
    with ground(run) as own:
        topic = own.topic("payments", 3)
        lost = run.call("publish", topic, sent, ENOUGH_SECONDS)
        expect(lost, "publish(…) while all is well").to_equal([])
        found = sorted(record.value for record in own.read(topic, 60))
        expect(found, "the values in the topic").to_equal(sorted(map(as_bytes, sent)))


@check("publish", points=1)
def keeps_the_order_of_a_wallet(run: Run) -> None:
    sent = payments(run.parameters["seed"], 120, wallets=12)
    with ground(run) as own:
        topic = own.topic("payments", 3)
        run.call("publish", topic, sent, ENOUGH_SECONDS)
        in_order(own, topic, sent)


def in_order(own: Ground, topic: str, sent: list[dict]) -> None:
    """Expect each wallet as a key, in one partition, in order, and the wallets in several."""
    records = own.read(topic, len(sent))
    known = {as_bytes(one): one for one in sent}
    strange = [record.value[:80] for record in records if record.value not in known]
    expect(strange[:1], "a value in the topic that no payment has").to_equal([])
    keys = sorted({(known[record.value]["wallet"], record.key) for record in records}, key=str)
    what = "wallets and the keys of their records"
    expect(keys, what).to_equal([(wallet, wallet.encode()) for wallet, _ in keys])
    homes: dict[str, set[int]] = {}
    for record in records:
        homes.setdefault(known[record.value]["wallet"], set()).add(record.partition)
    split = sorted(wallet for wallet, places in homes.items() if len(places) > 1)
    expect(split, "the wallets whose payments lie in several partitions").to_equal([])
    used = {place for places in homes.values() for place in places}
    expect(len(used) > 1, "the partitions").to_be_true("different wallets must spread over several")
    ids = [known[record.value]["id"] for record in records]
    found = by_wallet(ids, sent)
    due = by_wallet([one["id"] for one in sent], sent)
    expect(found, "the payments of each wallet, by number, as they are read").to_equal(due)


@check("consume", points=1)
def handles_what_was_there_before_it_came(run: Run) -> None:
    sent = payments(run.parameters["seed"], 60)
    with ground(run) as own:
        topic, log = own.topic("payments", 3), own.topic("handled")
        group = own.near("clerks")
        own.put(topic, sent)
        got = expect(run.call("consume_at_desk", topic, group, log, 60), "consume(…)")
        got.at("error").to_equal(None)
        handled = got.at("handled").value
        expect(sorted(handled), "what was handled").to_equal(sorted(one["id"] for one in sent))
        due = by_wallet([one["id"] for one in sent], sent)
        expect(by_wallet(handled, sent), "the payments of each wallet, by number").to_equal(due)
        expect(own.committed(topic, group), "what is committed").to_equal(own.ends(topic))


@check("consume", points=2, needs="handles_what_was_there_before_it_came")
def loses_nothing_in_a_crash(run: Run) -> None:
    sent = payments(run.parameters["seed"] + 1, 60)
    with ground(run) as own:
        survives_a_crash(run, own, sent, crash_on=sent[35]["id"])


def survives_a_crash(run: Run, own: Ground, sent: list[dict], crash_on: str) -> None:
    """Expect what was handled before the crash to be committed, and the rest to follow later."""
    topic, log = own.topic("payments", 3), own.topic("handled")
    group = own.near("clerks")
    own.put(topic, sent)
    first = run.call("consume_at_desk", topic, group, log, len(sent), crash_on)
    first = expect(first, "consume(…) with a crash")
    first.at("error").to_equal("Crash")
    home = {json.loads(record.value)["id"]: record.partition for record in own.read(topic)}
    before = first.at("handled").value
    due = dict.fromkeys(own.ends(topic), 0)
    for one in before:
        due[home[one]] += 1
    what = "what is committed after the crash, by partition"
    expect(own.committed(topic, group), what).to_equal(due)
    second = expect(run.call("consume_at_desk", topic, group, log, len(sent)), "consume(…) again")
    second.at("error").to_equal(None)
    missing = sorted({one["id"] for one in sent} - {*before, *second.at("handled").value})
    expect(missing, "the payments that nobody handled").to_equal([])
    twice = sorted(set(before) & set(second.at("handled").value))
    expect(twice, "the payments that were handled before the crash and again after").to_equal([])


@check("consume", points=1, once=True, needs="handles_what_was_there_before_it_came")
def commits_as_it_goes(run: Run) -> None:
    sent = payments(run.parameters["seed"] + 2, 120)
    seen: list[int] = []
    with ground(run) as own:
        topic, log = own.topic("payments", 3), own.topic("handled")
        group = own.near("clerks")
        own.put(topic, sent)

        def watch(over: threading.Event) -> None:
            def some_but_not_all() -> bool:
                seen.append(sum(own.committed(topic, group).values()))
                return 0 < seen[-1] < len(sent)

            until(some_but_not_all, over)

        with beside(watch):
            run.call("consume_at_desk", topic, group, log, len(sent), "", 0.3, 0.03)
        went = any(0 < one < len(sent) for one in seen)
        what = "the commits, while 120 payments took four seconds"
        expect(went, what).to_be_true("with pause=0.3 some must be committed on the way")


@check("contract", points=1)
def reads_both_versions(run: Run) -> None:
    [one] = payments(run.parameters["seed"], 1)
    due = {key: one[key] for key in ("id", "wallet", "cents")}
    expect(run.call("read", as_bytes(one)), "read(version 1)").to_equal(due)
    due = {"id": "p9", "wallet": "w1", "cents": 250}
    expect(run.call("read", as_bytes(EUROS)), "read(version 2)").to_equal(due)
    refuses(run, as_bytes({"id": "p1", "wallet": "w1"}), "cents")


def refuses(run: Run, value: bytes, field: str) -> None:
    """Expect `read` to raise ValueError with a message that names the field."""
    said = run.call("error_of", "read", value)
    shown = f"the error that leaves read({value.decode(errors='replace')})"
    expect(said is not None, shown).to_be_true("there must be one")
    kinds, text = said["kinds"], said["text"]
    expect("ValueError" in kinds, shown).to_be_true(f"it must be a ValueError, is {kinds[0]}")
    expect(field in text, shown).to_be_true(f"its message must name {field}, is {text!r}")


@check("sink", points=1)
def counts_each_payment_once(run: Run) -> None:
    sent = payments(run.parameters["seed"], 30)
    name = secrets.token_hex(8)
    told = run.call("apply_all", name, [*sent, *sent[:10]])
    expect(told, "apply(…) for 30 payments and 10 of them again").to_equal(
        [True] * 30 + [False] * 10
    )
    expect(run.call("balances_of", name), "the balances").to_equal(sums(sent))


def sums(of: list[dict]) -> dict[str, int]:
    """Return the cents of each wallet."""
    found: dict[str, int] = {}
    for one in of:
        found[one["wallet"]] = found.get(one["wallet"], 0) + one["cents"]
    return found


@check("poison", points=1)
def goes_on_behind_the_poison(run: Run) -> None:
    with ground(run) as own:
        topic, dead = own.topic("payments"), own.topic("dead")
        own.put_records(topic, [(b"w1", one, []) for one in (b"a", b"b", b"c", b"d")])
        got = expect(run.call("work_through", topic, dead, 3, {"b": 99}), "with_dead_letters(…)")
        got.at("error").to_equal(None)
        got.at("handled").to_equal(["a", "c", "d"])
        got.at("tried").to_equal({"a": 1, "b": 3, "c": 1, "d": 1})
        letters = [[one.key, one.value] for one in own.read(dead, 1)]
        expect(letters, "keys and values of the dead letters").to_equal([[b"w1", b"b"]])


@check("poison", points=1, needs="goes_on_behind_the_poison")
def tells_why(run: Run) -> None:
    with ground(run) as own:
        topic, dead = own.topic("payments"), own.topic("dead")
        own.put_records(topic, [(b"w1", one, []) for one in (b"a", b"b")])
        run.call("work_through", topic, dead, 2, {"b": 99})
        letters = own.read(dead, 1)
        expect(len(letters), "the number of letters").to_equal(1)
        [letter] = letters
        headers = expect(
            {key: value.decode() for key, value in letter.headers or []}, "the headers"
        )
        headers.at("reason").to_equal("b cannot be handled (try 2)")
        headers.at("tries").to_equal("2")
        headers.at("origin").to_equal(f"{topic}/0/1")


@check("poison", points=1, once=True)
def puts_letters_back(run: Run) -> None:
    letters = [(f"w{n}".encode(), f"letter {n}".encode(), [("reason", b"?")]) for n in range(4)]
    with ground(run) as own:
        topic, dead = own.topic("payments", 2), own.topic("dead")
        own.put_records(dead, letters)
        expect(run.call("replay", dead, topic, own.near("menders")), "replay(…)").to_equal(4)
        found = sorted([one.key, one.value] for one in own.read(topic, 4))
        what = "keys and values that were put back"
        expect(found, what).to_equal(sorted([key, value] for key, value, _ in letters))


@check("lag", points=1)
def counts_from_what_is_committed(run: Run) -> None:
    sent = payments(run.parameters["seed"], 50)
    with ground(run) as own:
        topic, group = own.topic("payments", 3), own.near("clerks")
        own.put(topic, sent)
        ends = own.ends(topic)
        own.commit(topic, group, {place: end // 3 for place, end in ends.items()})
        due = {place: end - end // 3 for place, end in ends.items()}
        expect(run.call("lag", topic, group), "lag(…)").to_equal(due)
        expect(own.was_joined(group), "a member that lag(…) made").to_equal(False)


@check("lag", points=1)
def tells_stuck_from_busy(run: Run) -> None:
    samples = [
        *([at, 0, 1000 + at, 10 * at] for at in range(0, 70, 10)),  # far behind, and moves
        *([at, 1, 500, 44] for at in range(0, 70, 10)),  # stands still
        *([at, 2, 80, 80] for at in range(0, 70, 10)),  # has nothing to do
    ]
    expect(run.call("stuck", sorted(samples), 60), "stuck(samples, 60)").to_equal([1])
    expect(run.call("stuck", sorted(samples), 61), "stuck(samples, 61)").to_equal([])
