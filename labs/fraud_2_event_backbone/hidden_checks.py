"""Plans for other promises, and contracts with what real producers send."""

import json
import random
from typing import Any

from asking import read_paper
from hidden_answers import event_of, keeps_from_reading, order_of, plan, schema_of, wishes_of

from autograder.checks import Run, check, expect

# Random bits that stand here alone.
WORLD = "5b1f09d2c6a7e834f19c70d5"
GOOD = {"version": 2, "transaction_id": 1, "customer_id": 2, "terminal_id": 3}
GOOD |= {"at": "2026-03-01T10:00:00Z", "amount_cents": 5, "currency": "EUR"}
FIRST = {**GOOD, "version": 1, "amount": "1.00"}
UNREADABLE = ("1e3", "NaN", "1,50", " 1", ".5", "", "1_0", "5.", "+1", "1\n", "\u0661\u0662")
# More digits than a Decimal keeps when something is reckoned with it.
TINY = "1." + "0" * 34 + "1"
OUT, KIND = {"customer_id": "out of range"}, {"amount_cents": "wrong type"}
WRONG: list[tuple[dict[str, Any], dict[str, Any], dict[str, str]]] = [
    (GOOD, {"transaction_id": True}, {"transaction_id": "wrong type"}),
    (GOOD, {"terminal_id": 2.0}, {"terminal_id": "wrong type"}),
    (GOOD, {"customer_id": "2"}, {"customer_id": "wrong type"}),
    (GOOD, {"customer_id": -1, "amount_cents": -5}, OUT | {"amount_cents": "out of range"}),
    (GOOD, {"amount_cents": None, "amount": "1.00"}, {"amount_cents": "missing"}),
    (GOOD, {"amount_cents": "5", "at": 1_772_359_200}, KIND | {"at": "wrong type"}),
    (GOOD, {"at": "yesterday"}, {"at": "unreadable"}),
    (GOOD, {"at": "2026-02-30T10:00:00Z"}, {"at": "unreadable"}),
    (
        GOOD,
        {"at": "2026-03-01 10:00:00", "currency": 978},
        {"at": "no zone", "currency": "wrong type"},
    ),
    *[
        (GOOD, {"currency": text}, {"currency": "out of range"})
        for text in ("eur", "EURO", "ÄÖÜ", "EUR\n")
    ],
    (GOOD, {"version": None, "at": None}, {"version": "missing"}),
    (GOOD, {"version": True}, {"version": "wrong type"}),
    (GOOD, {"version": "2"}, {"version": "wrong type"}),
    (GOOD, {"version": 0, "at": None}, {"version": "out of range"}),
    (GOOD, {"version": 5, "at": None}, {"at": "missing"}),
    (FIRST, {"amount": 1.5}, {"amount": "wrong type"}),
    (FIRST, {"amount": None}, {"amount": "missing"}),
    *[(FIRST, {"amount": text}, {"amount": "unreadable"}) for text in UNREADABLE],
    *[(FIRST, {"amount": text}, {"amount": "out of range"}) for text in ("-3", "1.005", TINY)],
]


@check(
    "topics",
    points=2,
    needs="plans_two_topics",
    feedback="Peak decides on consumers, mean on disk; both grow. What if more are lost?",
)
def plans_for_other_promises(run: Run) -> None:
    made = random.Random(f"{WORLD}-{run.parameters['seed']}")
    for losses in (0, 1, 1, 2, 2, 3):
        wishes = wishes_of(made, losses)
        got = run.call("plan_topics", wishes)
        expect(got, f"plan_topics({wishes['brokers']} brokers, {losses} lost)").to_equal(
            plan(wishes)
        )


@check(
    "topics",
    points=1,
    feedback="Compare what was planned, nothing else; touch nothing that is there. Who was first?",
)
def names_what_differs(run: Run) -> None:
    made = random.Random(f"{WORLD}-{run.parameters['seed']}-there")
    wishes = wishes_of(made, 1)
    wishes["topics"] = [wishes["topics"][0] | {"name": f"n{n}"} for n in made.sample(range(90), 6)]
    planned = plan(wishes)["topics"]
    names = made.sample(sorted(planned), len(planned))
    like = {name: _with_defaults(shape) for name, shape in planned.items()}
    policy = {**like[names[1]]["configs"], "cleanup.policy": "compact,delete"}
    there = {
        names[0]: like[names[0]],
        names[1]: {**like[names[1]], "configs": policy, "replication": 1},
        names[2]: {**like[names[2]], "partitions": 47},
        "other": like[names[0]],
    }
    racing = {names[3]: like[names[3]], names[4]: {**like[names[4]], "replication": 1}}
    due = {
        "made": sorted(names[5:]),
        "as_planned": sorted([names[0], names[3]]),
        "different": {
            names[1]: {
                "replication": [1, 3],
                "cleanup.policy": [
                    "compact,delete",
                    planned[names[1]]["configs"]["cleanup.policy"],
                ],
            },
            names[2]: {"partitions": [47, planned[names[2]]["partitions"]]},
            names[4]: {"replication": [1, 3]},
        },
    }
    got = expect(run.call("ensure_on_paper", there, planned, racing), "ensure_topics(…)")
    got.at("told").to_equal(due)
    for name, shape in {**there, **racing}.items():
        got.at("there", name).to_equal(shape)
    for name in names[5:]:
        got.at("there", name).to_equal(planned[name])


def _with_defaults(shape: dict[str, Any]) -> dict[str, Any]:
    return {**shape, "configs": {**shape["configs"], "segment.bytes": "1073741824"}}


@check(
    "contract",
    points=1,
    needs="reads_both_versions",
    feedback="Which instant is it in UTC, how many cents exactly, and what of fields nobody knows?",
)
def reads_what_producers_send(run: Run) -> None:
    made = random.Random(f"{WORLD}-{run.parameters['seed']}-events")
    event, problems = read_paper(run, {**FIRST, "amount": "-0.00"}, 'read_payment("-0.00")')
    expect(problems, 'the problems of an amount of "-0.00"').to_equal({})
    expect(event, 'read_payment("-0.00")').at("amount_cents").to_equal(0)
    for _ in range(60):
        written, due = event_of(made)
        what = f"read_payment({written})"
        event, problems = read_paper(run, written, what)
        expect(problems, f"the problems of {what}").to_equal({})
        got = expect(event, what).to_be_a(dict)
        text = got.at("at").to_be_a(str).value
        expect(text, f"{what}['at']").to_equal(due["at"].isoformat())
        got.to_equal({**due, "at": text})
        expect(type(event["amount_cents"]) is int, what).to_be_true("cents are whole numbers")


@check(
    "contract",
    points=2,
    needs="names_every_field_that_is_wrong",
    feedback="Go through the table of reasons: kinds of JSON, texts that only look like numbers.",
)
def refuses_for_the_right_reason(run: Run) -> None:
    for base, change, due in WRONG:
        told = {**base, **change}
        event, problems = read_paper(run, told, f"read_payment({told})")
        expect(event, f"the event of {told}").to_equal(None)
        expect(problems, f"the problems of {told}").to_equal(due)
    others = ('{"a": "ö"}'.encode("latin-1"), json.dumps(GOOD).encode("utf-16"))
    for value in (b"", b"null", b'"text"', b'{"version": 1', *others):
        event, problems = read_paper(run, value, f"read_payment({value!r})")
        expect([event, problems], f"read_payment({value!r})").to_equal([None, {"": "unreadable"}])


@check(
    "contract",
    points=1,
    needs="tells_who_is_released_first",
    feedback="What a writer may leave out, no reader may require; types count in any case.",
)
def compares_any_schemas(run: Run) -> None:
    made = random.Random(f"{WORLD}-{run.parameters['seed']}-schemas")
    for _ in range(80):
        old, new = schema_of(made), schema_of(made)
        if made.random() < 0.5:
            new = {**old, **{name: new[name] for name in list(new)[:1]}}
        got = run.call("can_read", new, old)
        expect(got, f"can_read({new}, {old})").to_equal(keeps_from_reading(new, old))
        got = run.call("release_order", old, new)
        expect(got, f"release_order({old}, {new})").to_equal(order_of(old, new))
