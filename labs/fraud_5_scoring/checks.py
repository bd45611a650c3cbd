"""The checks that you can read: they run with your own seed, and again with others."""

import json

import world
from asking import (
    ANA,
    BEN,
    DAN,
    LOG,
    PAYMENT,
    SMALL,
    alerts_of,
    decision_in,
    due_for,
    ids_on,
    messages_in,
    refuses,
    told_by,
)
from on_broker import ground

from autograder.checks import Run, check, expect


@check("decide", points=1)
def reads_a_payment(run: Run) -> None:
    told = {**PAYMENT, "colour": "red"}
    expect(run.call("read_payment", world.to_bytes(told)), "read_payment(…)").to_equal(PAYMENT)
    for field, value in (("cents", -5), ("card", "7"), ("at", None), ("id", 12), ("cents", True)):
        refuses(run, world.to_bytes({**PAYMENT, field: value}), field)
    refuses(run, b"{no json", "")


@check("decide", points=1)
def decides_with_reasons(run: Run) -> None:
    # 140/70 and 4/2 halves make 2 and 1; the calm one takes 1 away: z is -2 + 2 + 1 - 1 = 0.
    features = {"amount": 180.0, "card_count": 6.0, "quiet": 2.0}
    got = run.call("decide", PAYMENT, features, SMALL)
    due = {
        "id": "decision-p1",
        "payment": "p1",
        "card": 7,
        "at": 1_790_000_000,
        "score": 0.5,
        "alert": True,
        "reasons": [
            "the amount is 180.00, usually 40.00",
            "payments today is 6.00, usually 2.00",
        ],
        "model": "m1",
    }
    expect(got, "decide(180 euros, the sixth payment)").to_equal(due)
    got = expect(run.call("decide", PAYMENT, {**features, "quiet": 3.0}, SMALL), "decide(calmer)")
    got.at("score").to_equal(0.268941, tol=1e-9)
    got.at("alert").to_equal(False)
    got.at("reasons").to_equal([])


@check("handle", points=2)
def sends_each_where_it_belongs(run: Run) -> None:
    good = {**PAYMENT, "terminal": 3}
    unknown = {**PAYMENT, "id": "p2", "terminal": 500}
    records = [
        world.record_of(good, 0),
        {**world.record_of(good, 1, 1), "value": b"{no json"},
        world.record_of({**PAYMENT, "id": "p4", "cents": 0}, 2),
        world.record_of(unknown, 3),
    ]
    got = run.call("handle_all", records, {500: -2}, 3)
    messages = messages_in(got, "the handle, four records")
    where = [[one["topic"] for one in some] for some in messages]
    what = "topics of the messages for a good record, no JSON, 0 cents, an unknown terminal"
    expect(where, what).to_equal([["decisions"], ["dead"], ["dead"], ["dead"]])
    decision = decision_in(messages[0][0], "the decision")
    expect(decision, "the decision").at("id").to_equal("decision-p1")
    expect(messages[0][0]["headers"], "its headers").at("id").to_equal("decision-p1")
    for place, record in enumerate(records[1:], 1):
        [letter] = messages[place]
        origin = f"payments/{record['partition']}/{record['offset']}"
        shown = expect(letter, f"the dead letter of {origin}")
        shown.at("key").to_equal(record["key"])
        shown.at("value").to_equal(record["value"])
        shown.at("headers").at("origin").to_equal(origin)
        shown.at("headers").at("id").to_equal(f"dead-{origin}")
        shown.at("headers").at("reason")
    reason = expect(messages[2][0]["headers"], "the headers").at("reason")
    reason.to_contain("cents")


@check("handle", points=1)
def retries_and_gives_up(run: Run) -> None:
    # Spaces and a field more: other bytes than to_bytes makes of the payment.
    value, seen = json.dumps({**PAYMENT, "colour": "red"}).encode(), []
    record = {**world.record_of(PAYMENT, 17), "key": b"card 7", "value": value}
    for _ in range(3):
        got = run.call("handle_all", [record], {3: -1}, 3)
        messages = messages_in(got, f"the handle, try {len(seen) + 1}")[0]
        expect(len(messages), f"the number of messages of try {len(seen) + 1}").to_equal(1)
        message = messages[0]
        seen.append(message["topic"])
        record = {**message, "partition": 0, "offset": 40 + len(seen)}
        expect(message["key"], f"the key after try {len(seen)}").to_equal(b"card 7")
        expect(message["value"], f"the value after try {len(seen)}").to_equal(value)
        headers = expect(message["headers"], f"the headers after try {len(seen)}")
        headers.at("origin").to_equal("payments/0/17")
        if len(seen) < 3:
            headers.at("tries").to_equal(str(len(seen)))
            headers.at("id").to_equal(f"retry-p1-{len(seen)}")
        if message["topic"] == "dead":
            break
    expect(seen, "where the tries went, with most = 3").to_equal(["retry", "retry", "dead"])
    headers.at("id").to_equal("dead-payments/0/17")
    headers.at("reason").to_contain("gave up after 3")


@check("loop", points=1)
def brings_the_log_up_to_date(run: Run) -> None:
    got = expect(run.call("work_on", LOG, []), "work(a log of 20 records)")
    got.at("errors").to_equal([])
    topics = got.at("topics").value
    expect(told_by(topics), "what was published").to_equal(due_for(LOG))
    got.at("counts").to_equal([len(due_for(LOG))])
    ends = {
        f"{topic}/{number}": sum(record["partition"] == number for record in topics[topic])
        for topic in ("payments", "retry")
        for number in (0, 1)
    }
    committed = {name: got.value["committed"].get(name, 0) for name in ends}
    expect(committed, "what is committed in the end").to_equal(ends)
    sevens = [r["value"].split()[0] for r in topics["decisions"] if r["key"] == b"7"]
    direct = [one for one in sevens if one != b"slow"]
    due = [b"a%d" % n for n in range(9)] + [b"after"]
    expect(direct, "the decisions of key 7, in the order of the topic").to_equal(due)


@check("loop", points=1)
def survives_a_crash(run: Run) -> None:
    moments = [(crash, "lost") for crash in range(3, 42, 2)]
    for crash, late in [*moments, (8, "arrives"), (14, "arrives"), (25, "arrives")]:
        got = run.call("work_on", LOG, [crash], late)
        what = f"what was published after a crash at operation {crash}, {late}"
        expect(told_by(got["topics"]), what).to_equal(due_for(LOG))


@check("loop", points=1)
def works_on_a_broker(run: Run) -> None:
    settings = expect(run.call("client_settings"), "client_settings()")
    settings.at("producer", "acks").to_be_one_of("all", -1)
    with ground(run) as own:
        own.put(LOG)
        sent = run.call("work_on_kafka", own.prefix)
        expect(sent, "work(a log on the broker)").to_equal(len(due_for(LOG)))
        topics = {name: own.read(name) for name in ("decisions", "retry", "dead")}
        expect(told_by(topics), "what stands on the broker").to_equal(due_for(LOG))
        done = sum(own.committed().values())
        expect(done, "records that are committed on the broker").to_equal(len(LOG) + 1)


@check("replay", points=1)
def puts_back_in_order(run: Run) -> None:
    letters = [(b"7", b"third", "payments/0/12"), (b"7", b"first", "payments/0/3")]
    letters.append((b"7", b"second", "payments/0/9"))
    mended = {value: value.upper() for _, value, _ in letters}
    got = expect(run.call("replay_on", letters, [{"repairs": mended}]), "replay(three letters)")
    origins = ["payments/0/3", "payments/0/9", "payments/0/12"]
    got.at("told").to_equal([origins])
    found = [[r["key"], r["value"], r["headers"].get("id")] for r in got.value["payments"]]
    due = [
        [b"7", value, f"replay-{origin}"]
        for value, origin in zip((b"FIRST", b"SECOND", b"THIRD"), origins, strict=True)
    ]
    expect(found, "key, value and id in payments").to_equal(due)


@check("replay", points=1)
def puts_back_once(run: Run) -> None:
    letters = [(b"7", b"one", "payments/0/3"), (b"8", b"two", "payments/1/4")]
    # One letter stands in `dead` twice.
    letters.append(letters[0])
    call = {"repairs": {b"one": b"1", b"two": b"2"}}
    got = expect(run.call("replay_on", letters, [call, call]), "replay(…), called twice")
    got.at("told").to_equal([["payments/0/3", "payments/1/4"], []])
    found = sorted(record["value"] for record in got.value["payments"])
    expect(found, "the values in payments").to_equal([b"1", b"2"])


@check("api", points=1)
def opens_for_keys(run: Run) -> None:
    asked = [None, "nonsense", "ana.wrong", "zoe.wrong", "ana"]
    steps = [[float(n), "GET", "/alerts/d1", key] for n, key in enumerate(asked)]
    steps.append([9.0, "POST", "/alerts/d1/feedback", "ben", {"verdict": "fraud"}])
    steps += [[10.0, "GET", path, "dan"] for path in ("/alerts", "/alerts/d1")]
    got = run.call("at_the_desk", alerts_of({"d1": 0.5}), [ANA, BEN, DAN], steps)
    statuses = [one[0] for one in got["answers"]]
    what = (
        "answers without a key, to nonsense, a wrong and an unknown key, a right one, "
        "one without feedback, one without read twice"
    )
    expect(statuses, what).to_equal([401, 401, 401, 401, 200, 403, 403, 403])
    case = expect(got["answers"][4][1], "GET /alerts/d1")
    case.to_equal({"alert": alerts_of({"d1": 0.5})[0], "feedback": None})


@check("api", points=1)
def pages_through_alerts(run: Run) -> None:
    alerts = alerts_of({"d1": 0.5, "d2": 0.9, "d3": 0.7, "d0": 0.7, "d5": 0.3})
    steps = [[0.0, "GET", "/alerts?limit=2", "ana"]]
    steps += [[float(n), "GET", "/alerts?limit=2&after={next}", "ana"] for n in (1, 2)]
    got = run.call("at_the_desk", alerts, [ANA], steps)
    expect([one[0] for one in got["answers"]], "the answers to three pages").to_equal([200] * 3)
    pages = [ids_on(told, "a page") for _, told, _ in got["answers"]]
    expect(pages, "three pages of two").to_equal([["d2", "d0"], ["d3", "d1"], ["d5"]])
    expect(got["answers"][2][1], "the last page").at("next").to_equal(None)
    expect(got["answers"][0][1], "the first page").at("alerts", 0).to_equal(alerts[1])
    got = run.call("at_the_desk", alerts[:4], [ANA], steps[:2])
    last = expect(got["answers"][1][1], "the second page of two, of four alerts")
    last.at("next").to_equal(None)


@check("api", points=1)
def counts_feedback_once(run: Run) -> None:
    said = {"verdict": "fraud"}
    steps = [[at, "POST", "/alerts/d1/feedback", "ana", said] for at in (10.0, 20.0)]
    steps.append([30.0, "GET", "/alerts/d1", "ana"])
    got = run.call("at_the_desk", alerts_of({"d1": 0.5}), [ANA], steps)
    row = {"alert": "d1", "verdict": "fraud", "by": "Ana", "at": 10.0}
    first, second, case = got["answers"]
    expect(first[:2], "the first POST").to_equal([200, row])
    expect(second[:2], "the same POST again").to_equal([200, row])
    expect(case[1], "GET /alerts/d1").at("feedback").to_equal(row)
    expect(got["feedback"], "store['feedback']").to_equal([row])


@check("promise", points=1)
def batches_by_size_and_by_time(run: Run) -> None:
    due, seconds = [0.0, 0.125, 0.25, 2.0, 3.0], [0.0, 0.5, 0.75, 1.0]
    # One starts at once; two wait until it ends; then one by one.
    got = run.call("decided", due, 3, 0.0, seconds)
    expect(got, "decided(…, size 3, wait 0)").to_equal([0.5, 1.25, 1.25, 2.5, 3.5], tol=1e-9)
    # The first waits 0.125 s; the third comes while the worker is busy, and has waited enough.
    got = run.call("decided", due, 3, 0.125, seconds)
    due_then = [0.875, 0.875, 1.375, 2.625, 3.625]
    expect(got, "decided(…, size 3, wait 0.125)").to_equal(due_then, tol=1e-9)
    # A full batch waits no longer.
    got = run.call("decided", due, 2, 5.0, seconds)
    expect(got, "decided(…, size 2, wait 5)").to_equal([0.875, 0.875, 2.75, 2.75, 8.5], tol=1e-9)


@check("promise", points=1)
def counts_from_the_due_time(run: Run) -> None:
    due = [float(n) for n in range(40)]
    done = [at + (0.5 if at < 4 else 0.125 if at < 38 else 3.0) for at in due]
    # 34 latencies of 0.125, then 4 of 0.5, then 2 of 3: rank 38 of 40 is the last of 0.5.
    expect(run.call("p95", due, done, 0.0), "p95(40 payments)").to_equal(0.5, tol=1e-9)
    got = run.call("p95", due[1:], done[1:], 0.0)
    expect(got, "p95(the last 39 of them)").to_equal(3.0, tol=1e-9)
    got = run.call("p95", due[:38], done[:38], 4.0)
    expect(got, "p95(the first 38, warm-up 4)").to_equal(0.125, tol=1e-9)
    expect(run.call("p95", due, done, 50.0), "p95(nothing after the warm-up)").to_equal(None)
