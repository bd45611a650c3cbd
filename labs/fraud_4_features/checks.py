"""The checks that you can read: small cases that can be followed by hand."""

from typing import Any

import numpy as np
import pandas as pd
from definitions import FIELDS
from world import values_in

from autograder.checks import Run, check, expect
from autograder.probing.wire import Opaque

SPEND = {
    "name": "card_spend_10m",
    "key": "card",
    "aggregate": "sum",
    "value": "amount",
    "window": 600,
    "tile": 300,
    "delay": 0,
    "present": False,
}


def event(event_id: str, card: str, at: int, amount: float) -> dict[str, Any]:
    """Return one payment."""
    return {"event_id": event_id, "card": card, "at": at, "amount": amount}


# Card a: 10 and 20 in the tile that begins at 900, 30 in that of 1200, 40 in that of 1500.
SHORT = [
    event("e3", "a", 1_200, 30.0),
    event("e1", "a", 900, 10.0),
    event("e4", "a", 1_750, 40.0),
    event("e2", "a", 1_199, 20.0),
    event("e5", "b", 1_750, 5.0),
    event("e6", "a", 1_800, 50.0),
]


def plain(found: Any, what: str) -> Any:
    """Return what a function gave, once it is sure that it can be sent back to the notebook."""
    expect(not _holds_opaque(found), what).to_be_true(
        "it must be plain data: dicts, lists, tuples, sets, texts, numbers and None; it holds "
        "something else"
    )
    return found


def _holds_opaque(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_opaque(item) for pair in value.items() for item in pair)
    if isinstance(value, list | tuple | set | frozenset):
        return any(_holds_opaque(item) for item in value)
    return isinstance(value, Opaque)


def fed(
    run: Run, definition: dict[str, Any], lateness: int, state: Any, events: list[Any]
) -> tuple[Any, Any]:
    """Feed events; return the new state and the expectation of the outcomes."""
    answer = run.call("feed", definition, lateness, state, events)
    got = expect(answer, "the (state, outcomes) of feed(…)").to_have_length(2)
    outcomes = expect(got.at(1).value, "the outcomes of feed(…)")
    return plain(got.at(0).value, "the state that feed returns"), outcomes


def number(value: Any) -> Any:
    """Return a value with None in place of nan, since both mean that there is none."""
    return None if isinstance(value, float) and np.isnan(value) else value


@check("definition", points=1)
def names_the_wrong_fields(run: Run) -> None:
    expect(run.call("problems", SPEND), "problems(a right definition)").to_equal([])
    wrong = {**SPEND, "window": 0, "aggregate": "median", "windw": 600}
    del wrong["key"]
    expect(run.call("problems", wrong), "problems(four mistakes)").to_equal(
        ["key", "aggregate", "window", "windw"]
    )
    text = "problems(a window that is no multiple of its tile)"
    expect(run.call("problems", {**SPEND, "window": 700}), text).to_equal(["window"])
    expect(run.call("problems", {}), "problems({})").to_equal(list(FIELDS))


@check("definition", points=1)
def window_of_a_question(run: Run) -> None:
    # 600 seconds before 1799 lies 1199, in the tile that begins at 900.
    expect(run.call("edges", SPEND, 1_799), "edges(10 minutes, 1799)").to_equal([900, 1_799])
    expect(run.call("edges", SPEND, 1_800), "edges(10 minutes, 1800)").to_equal([1_200, 1_800])
    waiting = {**SPEND, "delay": 1_000, "present": True}
    got = run.call("edges", waiting, 2_800)
    expect(got, "edges(delay 1000, the present counts, 2800)").to_equal([1_200, 1_801])


@check("merge", points=1)
def parts_make_the_whole(run: Run) -> None:
    one, two = run.call("partial", [2.0, 4.0, 9.0]), run.call("partial", [7.0])
    parts = [plain(one, "partial([2, 4, 9])"), plain(two, "partial([7])")]
    both = plain(run.call("merge", *parts), "merge(…)")
    due = {"count": 4, "sum": 22.0, "mean": 5.5, "max": 9.0, "std": 7.25**0.5}
    for aggregate, value in due.items():
        got = run.call("finish", aggregate, both)
        what = f'finish("{aggregate}", merge(partial([2, 4, 9]), partial([7])))'
        expect(got, what).to_equal(value, tol=1e-9)


@check(
    "merge", points=1, needs="parts_make_the_whole", feedback="A partial of a day must be small."
)
def a_partial_is_small(run: Run) -> None:
    part = plain(run.call("partial", [float(value) for value in range(500)]), "partial(500 values)")
    for _ in range(3):
        part = plain(run.call("merge", part, part), "merge(…) of 500 values and more")
        expect(values_in(part), "how many values your partial holds").to_be_between(1, 30)


@check("batch", points=1)
def features_of_a_short_history(run: Run) -> None:
    history = pd.DataFrame(SHORT)
    asked = pd.DataFrame({"card": ["a", "b", "a", "c"], "at": [1_800, 1_800, 1_799, 1_800]})
    for aggregate, due in {
        "sum": [70.0, 5.0, 100.0, 0.0],
        "mean": [35.0, 5.0, 25.0, np.nan],
        "max": [40.0, 5.0, 40.0, np.nan],
        "count": [2, 1, 4, 0],
    }.items():
        value = None if aggregate == "count" else "amount"
        definition = {**SPEND, "aggregate": aggregate, "value": value}
        got = run.call("batch", definition, history, asked)
        what = f"batch({aggregate} over 10 minutes) for a at 1800, b at 1800, a at 1799, c at 1800"
        expect(got, what).to_equal(np.array(due), tol=1e-9)


@check("stream", points=1)
def outcomes_of_arrivals(run: Run) -> None:
    events = [
        event("e1", "a", 1_000, 1.0),
        event("e2", "b", 1_100, 1.0),
        event("e1", "a", 1_000, 1.0),  # a copy, and 1000 is exactly the watermark
        event("e3", "a", 1_000, 1.0),
        event("e4", "a", 999, 1.0),
        event("e5", "a", 1_101, 1.0),
        event("e6", "b", 1_000, 1.0),
    ]
    _, outcomes = fed(run, SPEND, 100, None, events)
    outcomes.to_equal(["accepted", "accepted", "duplicate", "accepted", "late", "accepted", "late"])


@check("stream", points=1)
def answers_of_a_short_stream(run: Run) -> None:
    answers = []
    state, _ = fed(run, SPEND, 1_000, None, SHORT[:3])
    answers.append(run.call("ask", SPEND, state, "a", 1_799))
    state, _ = fed(run, SPEND, 1_000, state, SHORT[3:])
    answers += [run.call("ask", SPEND, state, "a", at) for at in (1_799, 1_800, 1_801, 9_000)]
    answers += [run.call("ask", SPEND, state, card, 1_800) for card in "bc"]
    answers.append(run.call("ask", SPEND, None, "a", 1_800))
    # At first the 20 at 1199 are not there yet; at 1801 the payment of 1800 lies in the past.
    due = [80.0, 100.0, 70.0, 120.0, 0.0, 5.0, 0.0, 0.0]
    expect(answers, "eight answers of ask").to_equal(due, tol=1e-9)


@check("backfill", points=1)
def plan_of_three_chunks(run: Run) -> None:
    got = expect(run.call("plan", SPEND, 3_000, 5_500, 1_000), "plan(…, 3000, 5500, 1000)")
    got.to_have_length(3)
    spans = [[3_000, 4_000], [4_000, 5_000], [5_000, 5_500]]
    for place, (first, end) in enumerate(spans):
        got.at(place).at("rows").to_equal([first, end])
        events = got.at(place).at("events").to_have_length(2)
        # The oldest tile that the first question reaches; the second before the last question.
        oldest = (first - 600) // 300 * 300
        events.at(0).to_be_between(oldest - 300, oldest)
        events.at(1).to_be_between(end - 1, end - 1 + 300)


@check(
    "backfill",
    points=1,
    feedback="See first that feed and ask are right; then that every event of a chunk comes in.",
)
def chunks_make_the_state(run: Run) -> None:
    job = {"start": 900, "until": 1_800, "chunk": 300, "lateness": 0}
    history = pd.DataFrame([*SHORT, SHORT[1], SHORT[3]])
    checkpoint, due_next = None, [1_200, 1_500, 1_800]
    for expected in due_next:
        answer = run.call("advance", SPEND, job, checkpoint, history)
        got = expect(plain(answer, "the checkpoint"), "advance(…)")
        got.at("next").to_equal(expected)
        got.at("done").to_equal(expected == 1_800)
        got.at("state")
        checkpoint = got.value
    answers = [run.call("ask", SPEND, checkpoint["state"], "a", at) for at in (1_799, 1_801)]
    expect(answers, "ask for a at 1799 and 1801, once done").to_equal([100.0, 70.0], tol=1e-9)


@check("online", points=1)
def the_newer_value_stays(run: Run) -> None:
    operations = [
        ["put", "c1", "spend", 10.0, 500, 1],
        ["put", "c1", "spend", 20.0, 700, 1],
        ["put", "c1", "spend", 10.0, 500, 1],  # the consumer was restarted
        ["put", "c1", "spend", 21.0, 700, 2],  # a backfill with a corrected definition
        ["put", "c1", "spend", 20.0, 700, 1],
        ["put", "c1", "count", 3, 100, 1],
    ]
    got = expect(run.call("store_story", operations), "six puts")
    got.at("answers").to_equal([True, True, False, True, False, True])
    got.at("rows").to_equal([["c1", "count", 3.0, 100, 1], ["c1", "spend", 21.0, 700, 2]])


@check("online", points=1)
def tells_fresh_from_expired_from_missing(run: Run) -> None:
    operations = [
        ["put", "c1", "spend", 10.0, 500, 1],
        ["put", "c2", "spend", 20.0, 450, 1],
        ["put", "c3", "count", 5, 990, 1],
        ["look_up", ["c3", "c1", "c2"], "spend", 1_000, 550],
    ]
    got = expect(run.call("store_story", operations), "look_up at 1000 with a ttl of 550")
    due = {"c1": 10.0, "c2": None, "c3": None}
    for name, value in {"values": due, "fresh": 1, "expired": 1, "missing": 1}.items():
        got.at("answers", 3, name).to_equal(value)


@check("consistency", points=1)
def report_of_five_rows(run: Run) -> None:
    logged = pd.DataFrame(
        {
            "card": ["a", "a", "b", "b", "ghost"],
            "at": [
                "2025-10-14T01:30:00Z",
                "2025-10-13T22:00:00-04:00",
                "2025-10-14T03:00:00Z",
                "2025-10-14T04:00:00Z",
                "2025-10-14T05:00:00Z",
            ],
            "spend": [1.0, 2.5, None, None, 9.0],
        }
    )
    first = 1_760_405_400  # the first of the five moments
    offline = pd.DataFrame(
        {
            "card": ["b", "b", "a", "a"],
            "at": [first + 9_000, first + 5_400, first + 1_800, first],
            "spend": [4.0, None, 2.0, 1.0],
        }
    )
    got = expect(
        run.call("consistency", logged, offline, ["spend"], 1e-6), "consistency(five rows, …)"
    )
    got.at("rows").to_equal(5)
    got.at("unknown").to_equal(1)
    line = got.at("features", "spend")
    line.at("compared").to_equal(4)
    line.at("matching").to_equal(0.5, tol=1e-9)
    line.at("one_missing").to_equal(1)
    line.at("largest").to_equal(0.5, tol=1e-9)


@check("consistency", points=1)
def names_the_culprit(run: Run) -> None:
    served, due = [1.0, 5.0, 6.0, None, 1.0], [1.0, 4.0, 5.0, 2.0, 1.0]
    suspected = {
        "right where it does not matter": [1.0, 0.0, 0.0, 0.0, 1.0],
        "two of the three": [0.0, 5.0, 6.0, 2.0, 0.0],
    }
    got = run.call("culprit", served, due, suspected, 1e-6)
    expect(got, "culprit(five rows, two suspects)").to_equal("two of the three")
    got = run.call("culprit", due, due, suspected, 1e-6)
    expect(got, "culprit(nothing is wrong)").to_equal(None)
