"""Hidden checks of the definition, the partials and the batch: judged by counting everything."""

import itertools
import math
import random
import statistics

import numpy as np
import pandas as pd
from checks import SPEND, plain
from definitions import AGGREGATES, FIELDS
from hidden_reference import arrivals, definition_of, due_rows, span

from autograder.checks import Run, check, expect

# Random bits that stand here alone: without them no history below can be made again.
WORLD = "9d4c61f07be2a85315c9e03a"


def dice(run: Run, name: str) -> random.Random:
    """Return a source of chance of its own for each check and each run."""
    return random.Random(f"{WORLD}-{name}-{run.parameters['seed']}")


@check(
    "definition",
    points=2,
    feedback="Go through the table row by row: types (a bool is no whole number), bounds, texts "
    "that are empty, and what one field says of another.",
)
def every_rule_of_every_field(run: Run) -> None:
    count = {**SPEND, "aggregate": "count", "value": None}
    right = [count, {**SPEND, "aggregate": "std", "present": True, "delay": 86_400}]
    right += [{**SPEND, "window": 300}, {**SPEND, "tile": 1, "window": 7}]
    expect(run.call("problems_of_all", right), "problems(four right ones)").to_equal([[]] * 4)
    bad = {
        "name": ["", "spend 24h", "24h", None, 3],
        "key": ["", None, 7],
        "aggregate": ["median", None, "Sum", ["sum"]],
        "value": ["", None, 3],
        "window": [0, -600, 600.0, "600", True, None, 500],
        "tile": [0, -300, 300.0, True, None],
        "delay": [-1, 0.0, None, False, "0"],
        "present": [0, 1, None, "right"],
    }
    cases = [(field, value) for field, values in bad.items() for value in values]
    answers = run.call("problems_of_all", [{**SPEND, field: value} for field, value in cases])
    got = expect(answers, "problems(many wrong ones)").to_have_length(len(cases))
    for place, (field, value) in enumerate(cases):
        found = got.at(place).value
        expect(found, f"problems({field} is {value!r})").to_equal([field])
    expect(
        run.call("problems", {**count, "value": "amount"}), "problems(count of amount)"
    ).to_equal(["value"])
    for value, due in ((None, ["aggregate"]), ("", ["aggregate", "value"])):
        got = run.call("problems", {**SPEND, "aggregate": "p95", "value": value})
        expect(got, f"problems(unknown aggregate, value {value!r})").to_equal(due)
    everything = {"zeta": 1, "name": 1, "windows": 2, "tile": 0, "delay": -1, "alpha": None}
    due = [field for field in FIELDS if field not in ("value",)]
    got = run.call("problems", {**everything, "value": "amount"})
    expect(got, "problems(everything wrong)").to_equal([*due, "alpha", "windows", "zeta"])


@check(
    "definition",
    points=1,
    needs="window_of_a_question",
    feedback="The old end goes back to the start of its tile, after the delay; the young end moves "
    "by one second if the present counts.",
)
def windows_with_tiles_and_delays(run: Run) -> None:
    chance = dice(run, "edges")
    questions = []
    for _ in range(25):
        tile = chance.choice((1, 7, 60, 300, 3_600))
        definition = definition_of(
            "sum",
            tile=tile,
            window=tile * chance.randrange(1, 30),
            delay=chance.choice((0, 1, 450, 86_400)),
            present=chance.random() < 0.5,
        )
        at = chance.choice((1_760_000_000 + chance.randrange(9_999), tile * 1_000_003))
        questions.append((definition, at))
    got = expect(run.call("edges_of_all", questions), "edges(25 questions)").to_have_length(25)
    for place, (definition, at) in enumerate(questions):
        found = got.at(place).value
        expect(found, f"edges({definition}, {at})").to_equal(list(span(definition, at)))


@check(
    "merge",
    points=1,
    needs="parts_make_the_whole",
    feedback="Divide ten numbers into parts of different sizes, merge them in another order, and "
    "look at the parts afterwards.",
)
def however_they_are_divided(run: Run) -> None:
    chance = dice(run, "merge")
    values = [chance.uniform(-50, 200) for _ in range(60)]
    cuts = [0, *sorted(chance.sample(range(1, 60), 6)), 60]
    parts = [
        plain(run.call("partial", values[low:high]), "partial(…)")
        for low, high in itertools.pairwise(cuts)
    ]
    while len(parts) > 1:
        chance.shuffle(parts)
        left, right = parts.pop(), parts.pop()
        both, after = run.inspect("merge", left, right)
        expect(after, "the two partials after merge").to_equal([left, right])
        parts.append(plain(both, "merge(…)"))
    _expect_answers(run, parts[0], values, "60 values in seven parts")


def _expect_answers(run: Run, part: object, values: list[float], what: str) -> None:
    due = {
        "count": len(values),
        "sum": math.fsum(values),
        "mean": math.fsum(values) / len(values),
        "max": max(values),
        "std": statistics.pstdev(values),
    }
    got = expect(run.call("all_answers", part), "the five answers of finish")
    for aggregate in AGGREGATES:
        tol = 1e-6 if aggregate == "std" else 1e-9
        found = got.at(aggregate).value
        expect(found, f'finish("{aggregate}", {what})').to_equal(due[aggregate], tol=tol)


@check(
    "merge",
    points=1,
    needs="parts_make_the_whole",
    feedback="Try values such as 100,000,000 and 100,000,001: how many digits of the spread are "
    "left?",
)
def a_spread_far_from_zero(run: Run) -> None:
    chance = dice(run, "spread")
    values = [1e8 + chance.uniform(-1, 1) for _ in range(80)]
    parts = [plain(run.call("partial", values[k::2]), "partial(…)") for k in (0, 1)]
    part = plain(run.call("merge", *parts), "merge(…)")
    # The numbers themselves are rounded to 1e-8; the reference has the same numbers.
    got = run.call("finish", "std", part)
    expect(got, "std of 80 values near 1e8").to_equal(statistics.pstdev(values), tol=1e-6)
    got = run.call("finish", "std", run.call("partial", np.array(values)))
    expect(got, "std of an array near 1e8").to_equal(statistics.pstdev(values), tol=1e-6)


@check(
    "merge",
    points=1,
    feedback="What are the five answers of no values, and of values that are all below zero?",
)
def nothing_and_less_than_nothing(run: Run) -> None:
    nothing = plain(run.call("partial", []), "partial([])")
    both = plain(run.call("merge", nothing, nothing), "merge(nothing, nothing)")
    for part in (nothing, both):
        due = {"count": 0, "sum": 0.0, "mean": None, "max": None, "std": None}
        got = expect(run.call("all_answers", part), "the five answers of finish")
        for aggregate, value in due.items():
            found = got.at(aggregate).value
            expect(found, f'finish("{aggregate}", nothing)').to_equal(value)
    values = [-7.0, -2.5, -4.0]
    some = plain(run.call("partial", values), "partial(values below zero)")
    _expect_answers(run, some, values, "values below zero")
    for pair in ((nothing, some), (some, nothing)):
        merged = plain(run.call("merge", *pair), "merge(with nothing)")
        _expect_answers(run, merged, values, "values below zero and nothing")


@check(
    "batch",
    points=2,
    needs="features_of_a_short_history",
    feedback="Write it for one row with a mask over all events, and compare: edges that are hit to "
    "the second, delays, copies, the present.",
)
def windows_of_a_random_history(run: Run) -> None:
    chance = dice(run, "batch")
    events = arrivals(chance, 160, span_of=9_000, disorder=3_000, cards=3)
    history = pd.DataFrame(events)
    asked = history[["card", "at"]].sample(60, random_state=chance.randrange(2**31))
    for aggregate, changes in (
        ("count", {}),
        ("sum", {"present": True}),
        ("mean", {"delay": 600, "window": 1_800}),
        ("max", {"delay": 90, "present": True, "tile": 60}),
        ("std", {"key": "shop", "window": 600}),
    ):
        definition = definition_of(aggregate, **changes)
        rows = asked.assign(shop=[f"s{chance.randrange(5)}" for _ in range(len(asked))])
        got = run.call("batch", definition, history, rows)
        due = due_rows(definition, history, rows)
        tol = 1e-6 if aggregate == "std" else 1e-9
        expect(got, f"batch({aggregate}, {changes})").to_equal(due, tol=tol)


@check(
    "batch",
    points=1,
    needs="features_of_a_short_history",
    feedback="One payment of 10,000,000,000,000,000 lies before the window of all the others; add "
    "up what is in the window and nothing else.",
)
def a_giant_outside_the_window(run: Run) -> None:
    chance = dice(run, "giant")
    events = arrivals(chance, 60, span_of=7_200, disorder=0, cards=1)
    first = min(event["at"] for event in events)
    giant = {**events[0], "event_id": "test", "at": first - 40_000, "amount": 1e16}
    history = pd.DataFrame([*events, giant])
    asked = pd.DataFrame({"card": "card-0", "at": [first + 240 * step for step in range(31)]})
    for aggregate in ("sum", "mean"):
        definition = definition_of(aggregate)
        got = run.call("batch", definition, history, asked)
        due = due_rows(definition, history, asked)
        expect(got, f"batch({aggregate}), after a giant").to_equal(due, tol=1e-9)


@check(
    "batch",
    points=1,
    needs="features_of_a_short_history",
    feedback="Shuffle both frames, give them odd indexes, take them empty, use numbers as keys, "
    "and look whether they are as before afterwards.",
)
def any_order_any_index_nothing_at_all(run: Run) -> None:
    chance = dice(run, "order")
    events = arrivals(chance, 80, span_of=4_000, disorder=4_000, cards=3)
    history = pd.DataFrame(events).drop(columns="shop")
    history["card"] = history["card"].str[5:].astype(int)
    history.index = [chance.randrange(9) for _ in range(len(history))]
    asked = history[["at", "card"]].iloc[::-3]
    asked = pd.concat([asked, asked.head(4)])
    definition = definition_of("mean")
    due = due_rows(definition, history, asked)
    got, after = run.inspect("batch", definition, history, asked)
    expect(got, "batch(numbers as keys, an odd index)").to_equal(due, tol=1e-9)
    expect(after, "the arguments afterwards").at(1).to_equal(history, exact=True)
    expect(after, "the arguments afterwards").at(2).to_equal(asked, exact=True)
    none = run.call("batch", definition, history, asked.head(0))
    expect(none, "batch(nothing asked)").to_have_length(0)
    lonely = run.call("batch", definition_of("sum"), history.head(0), asked.head(3))
    expect(lonely, "batch(no history)").to_equal(np.zeros(3))
