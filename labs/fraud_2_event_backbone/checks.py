"""What learners can read: small cases, and the parts asked themselves."""

import json
import time

from asking import (
    BLOCK,
    DAY,
    LIMITS,
    OLD,
    PAYMENTS,
    as_value,
    at_second,
    block_name,
    event,
    files_of,
    is_so,
    places_of,
    read_paper,
    record,
    row,
    rows_seen,
    shape,
)
from on_parts import bucket, database, files_in, ground, left_of, plant

from autograder.checks import Run, check, expect


@check("topics", points=1)
def plans_two_topics(run: Run) -> None:
    wishes = {"brokers": 3, "losses": 1, "topics": [PAYMENTS, LIMITS]}
    got = expect(run.call("plan_topics", wishes), "plan_topics(two topics)")
    # 600 events a second at the peak are four consumers' work, and six are a multiple of three.
    got.at("topics").to_equal(
        {
            "payments": shape(6, "delete", 7),
            "payments.dead": shape(1, "delete", 30),
            "limits": shape(3, "compact", 0),
        }
    )
    # 120 a second for a week, 200 bytes; 3 a second for 90 days, 80 bytes; each three times.
    disk = 120 * 86_400 * 7 * 200 + 3 * 86_400 * 90 * 80
    got.at("disk_bytes_per_broker").to_equal(disk)


@check("topics", points=1)
def promises_what_brokers_can_keep(run: Run) -> None:
    wishes = {"brokers": 2, "losses": 1, "topics": [PAYMENTS]}
    said = run.call("error_of", "plan_topics", wishes)
    expect(said, "the error of plan_topics(two brokers, one may be lost)").to_contain("ValueError")
    got = run.call("plan_topics", {**wishes, "losses": 0})
    expect(got, "plan_topics(none may be lost)").at("topics", "payments").to_equal(
        shape(4, "delete", 7, losses=0)
    )


@check("topics", points=1, once=True)
def topics_are_so_on_the_brokers(run: Run) -> None:
    with ground(run) as own:
        told = {"min_insync_replicas": "1", "retention_ms": "60000", "cleanup_policy": "compact"}
        there = own.topic("there", 2, **told)
        new = own.near("new")
        planned = {new: shape(3, "delete", 9), there: shape(2, "compact", 0)}
        differs = {there: {"retention.ms": ["60000", "-1"], "min.insync.replicas": ["1", "2"]}}
        due = {"made": [new], "as_planned": [], "different": differs}
        expect(run.call("ensure_on_brokers", planned), "ensure_topics(…)").to_equal(due)
        is_so(own.shape(new), planned[new])
        left = expect(own.shape(there)["configs"], "the settings of one that was there")
        left.at("retention.ms").to_equal("60000")
        due = {"made": [], "as_planned": [new], "different": differs}
        expect(run.call("ensure_on_brokers", planned), "ensure_topics(…) again").to_equal(due)


@check("contract", points=1)
def reads_both_versions(run: Run) -> None:
    old = {**OLD, "at": "2026-03-01T01:30:00+02:00", "amount": "12.30", "shop": "A"}
    due = {"transaction_id": 7, "customer_id": 5, "terminal_id": 3, "currency": "EUR"}
    due |= {"amount_cents": 1230, "at": "2026-02-28T23:30:00+00:00", "rest": {"shop": "A"}}
    found, problems = read_paper(run, old, "read_payment(version 1)")
    expect([found, problems], "read_payment(version 1)").to_equal([due, {}])
    new = {**OLD, "version": 2, "at": "2026-02-28T23:30:00Z", "amount_cents": 1230}
    for told, currency, rest in ((new, "EUR", {}), ({**new, "currency": "CHF"}, "CHF", {})):
        found, _ = read_paper(run, told, "read_payment(version 2)")
        expect(found, "its event").to_equal({**due, "currency": currency, "rest": rest})


@check("contract", points=1)
def names_every_field_that_is_wrong(run: Run) -> None:
    told = {**OLD, "at": "2026-03-01T10:00:00", "amount": 12.3, "customer_id": None}
    found, problems = read_paper(run, told, "read_payment(three faults)")
    expect(found, "its event").to_equal(None)
    due = {"at": "no zone", "amount": "wrong type", "customer_id": "missing"}
    expect(problems, "its problems").to_equal(due)
    found, problems = read_paper(run, b"[1]", "read_payment(b'[1]')")
    expect([found, problems], "read_payment(b'[1]')").to_equal([None, {"": "unreadable"}])


@check("contract", points=1)
def tells_who_is_released_first(run: Run) -> None:
    old = {"id": {"type": "int", "required": True}}
    optional = {**old, "note": {"type": "text", "required": False}}
    demanding = {**old, "note": {"type": "text", "required": True}}
    got = run.call("can_read", demanding, old)
    expect(got, "can_read(one requires note, the other has none)").to_equal([["note", "missing"]])
    for new, due in ((optional, "any"), (demanding, "producers first"), ({}, "consumers first")):
        expect(run.call("release_order", old, new), f"release_order(…, {new})").to_equal(due)


@check("intake", points=1)
def each_event_lies_in_its_own_day(run: Run) -> None:
    late = event(2, "2026-02-28T23:59:59+00:00")
    records = [record(n, one, 1_772_400_000.0) for n, one in enumerate([event(0), event(1), late])]
    got = expect(run.call("plan_simply", "pay", 4, records, BLOCK), "plan_batch(three records)")
    own = [row(event(0), 4, 0), row(event(1), 4, 1)]
    due = {block_name("pay", DAY, 4, 0): own}
    due |= {block_name("pay", "2026-02-28", 4, 0): [row(late, 4, 2)]}
    names = sorted(got.at("files").to_be_a(dict).value)
    expect(names, "the names of the files").to_equal(sorted(due))
    got.at("files").to_equal(due)
    got.at("commit").to_equal(0)


@check("intake", points=1)
def poison_is_laid_aside_with_its_place(run: Run) -> None:
    records = [record(20, event(1)), record(21, b"\xffnonsense"), record(22, event(2))]
    got = expect(run.call("plan_simply", "pay", 1, records, BLOCK), "plan_batch(with poison)")
    place = {"topic": "pay", "partition": 1, "offset": 21, "problems": {"": "unreadable"}}
    got.at("dead").to_equal([{**place, "key": b"5", "value": b"\xffnonsense"}])
    rows = [row(event(1), 1, 20), row(event(2), 1, 22)]
    got.at("files").to_equal({block_name("pay", DAY, 1, 20): rows})


@check("intake", points=2)
def commits_only_what_is_safe(run: Run) -> None:
    records = [record(n, event(n)) for n in range(15)]
    records[3] = record(3, b"?")
    rounds = [{0: records[:12]}, {0: records}]
    got = expect(
        run.call("take_in_on_paper", rounds, BLOCK, [None, None]), "take_in(…), called twice"
    )
    got.at("commits").to_equal({0: 10})
    got.at("journal", 1, "told").to_equal({0: 10})
    first, second = (block_name("payments", DAY, 0, number) for number in (0, 10))
    files = got.at("files").to_be_a(dict).value
    expect(sorted(files), "the names of the files").to_equal([first, second])
    for name, offsets in ((first, {*range(10)} - {3}), (second, {*range(10, 15)})):
        due = [[0, n] for n in sorted(offsets)]
        expect(places_of(files[name]), f"[partition, offset] of the rows of {name}").to_equal(due)
    # The second writing, a file, cannot be done: no commit may follow.
    got = expect(run.call("take_in_on_paper", rounds, BLOCK, [1, None]), "take_in(…) with a crash")
    got.at("journal", 0, "error").to_equal("Crash")
    written = [what for what, _ in got.at("journal", 0, "written").value]
    expect(written, "what was written in spite of it").to_equal(
        [what for what in written if what != "commit"]
    )


@check("intake", points=2, once=True)
def takes_in_the_real_log(run: Run) -> None:
    with ground(run) as own, bucket(run) as store:
        topic, dead = own.topic("pay", 2), own.topic("pay.dead")
        group = own.near("intake")
        values = [as_value(event(n)) for n in range(12)] + [b"poison"]
        own.put(topic, [(1, b"5", value) for value in values])
        first = run.call("take_in_for_real", topic, group, dead, BLOCK)
        expect(first, "take_in(13 records)").to_equal({1: 10})
        own.put(topic, [(1, b"5", as_value(event(13))), (0, b"6", as_value(event(14)))])
        second = run.call("take_in_for_real", topic, group, dead, BLOCK)
        expect(second, "take_in(2 more)").to_equal({0: 0, 1: 10})
        committed = own.committed(topic, group, 2)
        expect(committed, "what the group has committed").to_equal({0: 0, 1: 10})
        there = files_in(store, topic)
        places = {name: places_of(content) for name, content in there.items()}
        due = {
            block_name(topic, DAY, 0, 0): [[0, 0]],
            block_name(topic, DAY, 1, 0): [[1, n] for n in range(10)],
            block_name(topic, DAY, 1, 10): [[1, 10], [1, 11], [1, 13]],
        }
        expect(places, "[partition, offset] in the files in S3").to_equal(due)
        letters = sorted({(one.key, one.value) for one in own.read(dead)})
        due_letters = [(f"{topic}/1/12".encode(), b"poison")]
        expect(letters, "keys and values of the dead letters").to_equal(due_letters)


@check("compaction", points=1)
def reads_what_the_manifest_says(run: Run) -> None:
    folder = f"pay/day={DAY}"
    a, b = (block_name("pay", DAY, 0, n) for n in (0, 10))
    files = dict.fromkeys([a, b, f"{folder}/compact-x.parquet", f"{folder}/note.txt"], b"")
    files[block_name("pay", DAY + "1", 0, 20)] = b""
    got = run.call("live_on_paper", files, "pay", DAY)
    expect(got, "live_files(without a manifest)").to_equal([a, b])
    told = {"file": f"{folder}/compact-x.parquet", "holds": [a]}
    files[f"{folder}/manifest-000001.json"] = as_value(told)
    got = run.call("live_on_paper", files, "pay", DAY)
    expect(got, "live_files(a manifest)").to_equal(sorted([b, told["file"]]))
    expect(run.call("live_on_paper", {}, "pay", DAY), "live_files(nothing)").to_equal([])


@check("compaction", points=1)
def joins_what_is_closed(run: Run) -> None:
    a, b, c = (block_name("pay", DAY, p, n) for p, n in ((1, 0), (0, 10), (0, 20)))
    files = files_of({a: [(1, 3), (1, 9)], b: [(0, 11)], c: [(0, 20)]})
    args = ("pay", DAY, {0: 20, 1: 10})
    got = expect(run.call("compact_on_paper", files, *args), "compact(three blocks, one open)")
    got.at("told").to_equal(f"pay/day={DAY}/manifest-000001.json")
    after = got.at("files").to_be_a(dict).value
    manifest = expect(json.loads(after[got.at("told").value]), "the manifest")
    manifest.at("holds").to_contain(a).to_contain(b)
    expect(len(manifest.at("holds").value), "how many blocks it holds").to_equal(2)
    joined = manifest.at("file").to_be_one_of(*after).value
    expect(places_of(after[joined]), "the places in the joined file, in order").to_equal(
        [[0, 11], [1, 3], [1, 9]]
    )
    got = expect(run.call("compact_on_paper", files, "pay", DAY, {0: 20}), "compact(one closed)")
    got.at("told").to_equal(None)
    expect(sorted(got.at("files").value), "the files afterwards").to_equal(sorted(files))


@check("compaction", points=1, once=True)
def compacts_in_the_bucket(run: Run) -> None:
    with ground(run) as own, bucket(run) as store:
        topic = own.near("pay")
        a, b = (block_name(topic, DAY, 0, n) for n in (0, 10))
        files = files_of({a: [(0, 0), (0, 1)], b: [(0, 10)]})
        for name, content in files.items():
            store.put(name, content)
        got = expect(run.call("compact_for_real", topic, DAY, {0: 20}), "[compact(…), live]")
        got.at(0).to_equal(f"{topic}/day={DAY}/manifest-000001.json")
        there = files_in(store, topic)
        seen = rows_seen({"live": got.at(1).value, "files": there})
        expect(seen, "the rows of it").to_equal([[0, 0], [0, 1], [0, 10]])
        expect(len(got.at(1).value), "how many files are live").to_equal(1)


@check("documents", points=1)
def the_newest_stays(run: Run) -> None:
    now, card = time.time(), 7_000_000_001
    old, new = (event(n, at_second(now - 60 * ago), card) for n, ago in ((9, 20), (8, 10)))
    with database(run) as connection:
        got = run.call("remember_all", [old, new, old, new], 86_400)
        expect(got, "remember(old, new, old, new)").to_equal([True, True, False, False])
        found = connection.execute("SELECT document FROM recent WHERE card = %s", [card]).fetchall()
        expect(found, "the card's documents in Postgres").to_equal([(new,)])
        expect(run.call("recall_all", [card, card + 1]), "recall(…)").to_equal([new, None])


@check("documents", points=1)
def expiry_counts_from_the_event(run: Run) -> None:
    now, cards = time.time(), [7_000_000_011, 7_000_000_012]
    events = [event(1, at_second(now - 7200), cards[0]), event(2, at_second(now - 1800), cards[1])]
    with database(run) as connection:
        run.call("remember_all", events, 3600)
        asked = "SELECT card, extract(epoch from expires)::float8 FROM recent WHERE card = ANY(%s)"
        found = dict(connection.execute(asked, [cards]).fetchall())
        due = {cards[0]: now - 3600, cards[1]: now + 1800}
        for card in cards:
            away = abs(found.get(card, 0.0) - due[card])
            expect(away < 1, "the expiry").to_be_true("it must lie 3,600 s after the event's time")
        got = run.call("recall_all", cards)
        expect(got, "recall(expired, not expired)").to_equal([None, events[1]])


@check("documents", points=1)
def sweeps_what_has_expired(run: Run) -> None:
    now, cards = time.time(), [7_000_000_021 + n for n in range(5)]
    with database(run) as connection:
        plant(connection, cards, [now - 10, now + 600, now - 30, now - 20, now + 700])
        expect(run.call("sweep_real", 2), "sweep(2), three have expired").to_equal(2)
        expect(left_of(connection, cards), "the cards left").to_equal([*cards[:2], cards[4]])
        expect(run.call("sweep_real", 2), "sweep(2) again").to_equal(1)
        expect(run.call("sweep_real", 2), "sweep(2) once more").to_equal(0)
        expect(left_of(connection, cards), "the cards left").to_equal([cards[1], cards[4]])


@check("freshness", points=1)
def the_slowest_partition_decides(run: Run) -> None:
    state = [
        {"partition": 2, "end": 50, "stored": 40, "newest": 900.0},
        {"partition": 0, "end": 70, "stored": 69, "newest": 950.0},
        {"partition": 1, "end": 9, "stored": 9, "newest": 100.0},
    ]
    due = {"watermark": 900.0, "lag": 100.0, "behind": [0, 2]}
    expect(run.call("freshness", state, 1000.0), "freshness(two are behind)").to_equal(due)
    due = {"watermark": 1000.0, "lag": 0.0, "behind": []}
    expect(run.call("freshness", state[2:], 1000.0), "freshness(an idle one)").to_equal(due)


@check("freshness", points=1)
def nothing_is_lost_and_nothing_twice(run: Run) -> None:
    rows = [[0, 4], [0, 3], [0, 4], [1, 0], [0, 2]]
    letters = [[0, 5], [0, 5], [0, 8]]
    due = {
        0: {"records": 5, "rows": 2, "letters": 1, "lost": [6, 7], "twice": [4]},
        1: {"records": 1, "rows": 1, "letters": 0, "lost": [], "twice": []},
    }
    got = run.call("reconcile", {0: [3, 8], 1: [0, 1]}, rows, letters)
    expect(got, "reconcile(3 to 8, 0 to 1)").to_equal(due)
