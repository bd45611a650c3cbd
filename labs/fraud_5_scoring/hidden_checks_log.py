"""Crashes at every operation, messages that are not taken, letters that must not overtake."""

import random

from asking import due_for, told_by
from on_broker import ground

from autograder.checks import Run, check, expect

WORLD = 0xA17C_05E8_4B96_3FD2_70C1_8E4D


def log_of(seed: int, count: int, copies: int = 0) -> list[tuple[bytes, bytes]]:
    """Return a log of the toy handler's words, of three keys, with poison and copies."""
    made = random.Random(WORLD + seed)
    words = ["pay", "pay", "pay", "slow", "bad", "quiet"]
    found = [
        (b"%d" % made.randrange(3), f"{made.choice(words)} {made.getrandbits(48):012x}".encode())
        for _ in range(count)
    ]
    return found + made.sample(found, copies)


@check(
    "loop",
    points=2,
    needs="brings_the_log_up_to_date",
    feedback="It dies at any operation, twice, also between two messages of one record.",
)
def survives_a_crash_at_any_operation(run: Run) -> None:
    records = log_of(run.parameters["seed"], 18, copies=2)
    records[4:4] = [(b"0", b"both x"), (b"1", b"both y")]
    due = due_for(records)
    for late in ("lost", "arrives"):
        for crash in range(1, 100):
            got = run.call("work_on", records, [crash, crash], late)
            what = f"what was published after two crashes at operation {crash}, {late}"
            expect(told_by(got["topics"]), what).to_equal(due)
            if not got["errors"]:
                break


@check(
    "loop",
    points=1,
    needs="brings_the_log_up_to_date",
    feedback="A message is not taken, a handle raises. What leaves, and what may be committed?",
)
def commits_nothing_that_was_not_taken(run: Run) -> None:
    records = [(b"1", b"pay %d" % n) for n in range(8)]
    for place in (0, 3):
        name = f"decisions pay {place}"
        got = expect(run.call("work_on", records, [], "lost", [name]), f"work({name} not taken)")
        got.at("errors").to_equal(["NotTaken"])
        done = sum(offset for key, offset in got.value["committed"].items() if "payments" in key)
        what = f"records committed, when the message of record {place} was not taken"
        expect(done <= place, what).to_be_true(f"at most {place} may be, and {done} are")
    faulty = [*records[:3], (b"1", b"fault"), *records[4:]]
    got = expect(run.call("work_on", faulty, []), "work(the handle raises at record 3)")
    got.at("errors").to_equal(["Fault"])
    done = sum(got.value["committed"].values())
    what = "records committed, when the handle raised at record 3"
    expect(done <= 3, what).to_be_true(f"at most 3 may be, and {done} are")
    decided = len(got.value["topics"]["decisions"])
    what = "decisions in the log, when the handle raised at record 3"
    expect(decided >= done, what).to_be_true(f"{done} records are committed, {decided} decided")
    copies = [*records, *records[:3]]
    got = expect(run.call("work_on", copies, [], "lost"), "work(a log with three copies)")
    got.at("counts").to_equal([8])
    committed = {name: offset for name, offset in got.value["committed"].items() if offset}
    expect(sum(committed.values()), "records committed, copies included").to_equal(11)


@check(
    "loop",
    points=2,
    needs="works_on_a_broker",
    feedback="The process dies between a message and its commit; the client closes politely.",
)
def survives_a_crash_on_the_broker(run: Run) -> None:
    # Whatever is polled first begins with three decisions, and the fourth message is the last.
    begin = [(b"%d" % (n % 3), b"pay first %d" % n) for n in range(9)]
    records = begin + log_of(run.parameters["seed"] + 1, 22)
    with ground(run) as own:
        own.put(records)
        expect(run.call("work_on_kafka", own.prefix, 5), "the first process").to_equal("crashed")
        run.call("work_on_kafka", own.prefix)
        topics = {name: own.read(name) for name in ("decisions", "retry", "dead")}
        expect(told_by(topics), "what stands on the broker").to_equal(due_for(records))
        retries = len(topics["retry"])
        done = sum(own.committed().values())
        expect(done, "records that are committed").to_equal(len(records) + retries)
        again = run.call("work_on_kafka", own.prefix)
        expect(again, "work(…) once more, with nothing to do").to_equal(0)


@check(
    "replay",
    points=2,
    needs="puts_back_in_order",
    feedback="One letter is beyond repair, one is not taken. Who may go on, and who must wait?",
)
def never_overtakes(run: Run) -> None:
    made = random.Random(WORLD + 2 + run.parameters["seed"])
    places = sorted(made.sample(range(5, 5000), 8))
    # Keys 1 and 2 by turns; the numbers have one to four digits.
    places[0], places[1] = 9, 10
    places.sort()
    letters = [
        (b"%d" % (1 + n % 2), b"letter %d" % n, f"payments/{n % 2}/{offset}")
        for n, offset in enumerate(places)
    ]
    order = [n for n in range(8) if n % 2 == 0] + [n for n in range(8) if n % 2]
    origin, mended = {}, {}
    for n, (_, value, where) in enumerate(letters):
        origin[n], mended[value] = where, value + b" mended"
    shuffled = letters[:]
    made.shuffle(shuffled)
    if shuffled == letters:
        shuffled.reverse()
    partly = {value: told for value, told in mended.items() if value != b"letter 2"}
    calls = [
        {"repairs": partly, "refuse": [f"replay-{origin[3]}"]},
        {"repairs": partly},
        {"repairs": mended},
    ]
    got = expect(run.call("replay_on", shuffled, calls), "replay(…), called three times")
    # First 0 (2 waits, so 4 and 6 do), 1, and 3 is not taken; then 3, 5, 7; then the rest.
    due = ["not taken", [origin[n] for n in (3, 5, 7)], [origin[n] for n in (2, 4, 6)]]
    got.at("told").to_equal(due)
    for key, parity in ((b"1", 0), (b"2", 1)):
        found = [one["value"] for one in got.value["payments"] if one["key"] == key]
        expected = [mended[b"letter %d" % n] for n in order if n % 2 == parity]
        expect(found, f"the values of key {key.decode()} in payments").to_equal(expected)
    calls = [{"repairs": mended, "refuse": [f"replay-{origin[2]}"]}]
    got = run.call("replay_on", shuffled, calls)
    values = [record["value"] for record in got["payments"]]
    what = "payments, when the second letter was not taken"
    expect(values, what).to_equal([mended[b"letter 0"]])
