"""Payments that nobody has seen, and the cases that hurt: deciding and routing."""

import json
import random

import hidden_answers
import world
from asking import PAYMENT, SMALL, decision_in, fails, messages_in, refuses

from autograder.checks import Run, check, expect

WORLD = 0x6B0F_93D2_57AE_C418_2D97_E35A


@check(
    "decide",
    points=2,
    feedback="Every bound itself, other kinds of numbers, null, empty texts, bytes without text.",
)
def reads_to_the_letter(run: Run) -> None:
    made = random.Random(WORLD + run.parameters["seed"])
    kept = {**PAYMENT, "card": made.randrange(10**9), "at": made.randrange(1, 10**10)}
    for field, value in (
        *(("cents", 1), ("cents", 10_000_000), ("card", 0), ("terminal", 0), ("at", 1)),
        ("id", "Zahlung ü"),
    ):
        due = {**kept, field: value}
        value = world.to_bytes({**due, "at2": None, "note": [1]})
        expect(run.call("read_payment", value), f"read_payment({field} {value})").to_equal(due)
    wrong = [0, 10_000_001, 2.0, "5", None, [5], False]
    for field, value in (
        *(("cents", one) for one in wrong),
        *((name, one) for name in ("card", "terminal") for one in (-1, True, 3.0, None, "3")),
        *(("at", one) for one in (0, -4, 1.5e9, True, "2026-09-01")),
        *(("id", one) for one in ("", 7, None, ["p1"])),
    ):
        refuses(run, world.to_bytes({**kept, field: value}), field)
    for field in PAYMENT:
        refuses(run, world.to_bytes({k: v for k, v in kept.items() if k != field}), field)
    wide = json.dumps(PAYMENT).encode("utf-16")
    for value in (b"[]", b"null", b"7", b"", b"\xff\xfe{}", wide):
        refuses(run, value, "")


@check(
    "decide",
    points=2,
    needs="decides_with_reasons",
    feedback="Huge numbers, scores on the threshold, equal contributions, more than three of them.",
)
def decides_at_the_edges(run: Run) -> None:
    base = {"amount": 180.0, "card_count": 6.0, "quiet": 2.0}
    for amount, score in ((350_000.0, 1.0), (-350_000.0, 0.0), (50_000.0, 1.0), (-50_000.0, 0.0)):
        asked = ("decide", PAYMENT, {**base, "amount": amount}, SMALL)
        what = f"decide(an amount of {amount})"
        expect(run.call("error_of", *asked), f"the error of {what}").to_equal(None)
        got = expect(run.call(*asked), what)
        got.at("score").to_equal(score)
        got.at("alert").to_equal(score == 1.0)
    # Logits of 0.3000004 and 0.2999996: both are 0.3 for whoever reads the decision.
    for bias in (-0.847295956, -0.847299766):
        even = {**SMALL, "bias": bias, "threshold": 0.3}
        typical = {name: told["typical"] for name, told in SMALL["features"].items()}
        got = expect(run.call("decide", PAYMENT, typical, even), "decide(what is all typical)")
        got.at("score").to_equal(0.3)
        got.at("alert").to_equal(True)
        got.at("reasons").to_equal([])
    names = ["d", "a", "c", "b", "e"]
    told = {"weight": 2.0, "typical": 1.0, "scale": 4.0}
    many = {name: {**told, "words": f"the {name}"} for name in names}
    model = {**SMALL, "bias": 0.0, "features": many}
    features = {"a": 3.0, "b": 3.0, "c": 3.0, "d": 3.0, "e": 9.0, "more": float("nan")}
    due = ["the e is 9.00, usually 1.00", *(f"the {n} is 3.00, usually 1.00" for n in "ab")]
    got, after = run.inspect("decide", PAYMENT, features, model)
    expect(got, "decide(four equal contributions)").at("reasons").to_equal(due)
    expect(list(after[2]["features"]), "the model's features afterwards").to_equal(names)
    expect(after[0], "the payment afterwards").to_equal(PAYMENT)
    # As texts, since no nan equals itself.
    expect(str(after[1]), "the features afterwards").to_equal(str(features))
    for value in (None, float("nan"), float("inf"), "3"):
        said = run.call("error_of", "decide", PAYMENT, {**features, "c": value}, model)
        fails(said, f"the error of decide(c is {value!r})", "c")
    left = {**base}
    del left["card_count"]
    said = run.call("error_of", "decide", PAYMENT, left, SMALL)
    fails(said, "the error of decide(without card_count)", "card_count")


@check(
    "handle",
    points=2,
    needs="sends_each_where_it_belongs",
    feedback="When no store answers, the card must not forget a payment, nor count it twice.",
)
def counts_a_payment_when_it_comes_in(run: Run) -> None:
    made = random.Random(WORLD + 1 + run.parameters["seed"])
    at = made.randrange(10**9, 2 * 10**9)
    payments = [
        {"id": f"q{n}", "card": 5, "at": at + 60 * n, "cents": 9_000 + 700 * n, "terminal": 40 + n}
        for n in range(4)
    ]
    due = hidden_answers.decisions(payments, world.MODEL)
    records = [world.record_of(one, n) for n, one in enumerate(payments)]
    # The second payment finds no store, and comes again behind all others.
    headers = {"id": "retry-q1-1", "tries": "1", "origin": "payments/0/1"}
    again = {**records[1], "topic": "retry", "offset": 0, "headers": headers}
    got = run.call("handle_all", [*records, again], {41: 1}, 3)
    what = "the records after the handle, one of them for retry"
    expect(got, what).at("records").to_equal([*records, again])
    messages = [one for some in messages_in(got, "the handle") for one in some]
    where = [one["topic"] for one in messages]
    what = "the topics when the second of four finds no store at first"
    expect(where, what).to_equal(["decisions", "retry", "decisions", "decisions", "decisions"])
    for name, told in headers.items():
        expect(messages[1]["headers"], "the retry's headers").at(name).to_equal(told)
    for place, number in ((0, 0), (2, 2), (3, 3), (4, 1)):
        told = decision_in(messages[place], f"the decision of payment {number}")
        expect(told, f"the decision of payment {number} of the card").to_equal(due[number])


@check(
    "handle",
    points=1,
    needs="sends_each_where_it_belongs",
    feedback="Copies and poison, handled twice: are bytes and keys the same, and right?",
)
def gives_the_same_bytes_again(run: Run) -> None:
    payments = world.payments(WORLD + 2 + run.parameters["seed"], 150)
    due = hidden_answers.decisions(payments, world.MODEL)
    records = [world.record_of(one, n) for n, one in enumerate(payments)]
    # Two copies, far behind, and something else between them.
    records += [{**records[3], "offset": 150}, {**records[90], "offset": 151}]
    records.insert(40, {**records[40], "value": b'{"id": 4}', "offset": 200})
    # A key of no card's number: the message must have the record's.
    records = [{**one, "key": b"key of " + one["key"]} for one in records]
    gave = [run.call("handle_all", records, {}, 3) for _ in range(2)]
    twice = [messages_in(got, "the handle") for got in gave]
    what = "what the same log gives a second time"
    expect(twice[1] == twice[0], what).to_be_true("it must be the same, byte for byte")
    expect(gave[0], "the records after the handle").at("records").to_equal(records)
    messages = [one for some in twice[0] for one in some if one["topic"] == "decisions"]
    expected = [*due, due[3], due[90]]
    expect(len(messages), "the number of decisions").to_equal(len(expected))
    for message, one in zip(messages, expected, strict=True):
        expect(decision_in(message, one["id"]), f"decision {one['id']}").to_equal(one)
        key = b"key of %d" % one["card"]
        expect(message["key"], f"the key of {one['id']}").to_equal(key)
        expect(message["value"], f"the bytes of {one['id']}").to_equal(world.to_bytes(one))
