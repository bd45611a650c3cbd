"""The checks that you can read: they run with your own seed, and again with others."""

import math
from typing import Any

import numpy as np
import pandas as pd

from autograder.checks import Run, check, expect

RULES = {"least": 3, "of": 5, "cooldown": 7, "grounds": ["features", "labels"], "holidays": []}
GATE = {
    "review": 5.0,
    "least_frauds": 2,
    "least_segment": 2,
    "tolerance": 0.5,
    "resamples": 400,
    "seed": 0,
}
ORDER = ("Ada", "passed the gate")


def bank(*rows: tuple[int, float, float, int]) -> pd.DataFrame:
    """Return payments from rows of day, amount, score and is_fraud."""
    frame = pd.DataFrame(rows, columns=["day", "amount", "score", "is_fraud"])
    frame.insert(0, "payment", np.arange(len(frame)) + 100)
    return frame


DAYS = bank(
    (4, math.e**2, 0.9, 1),
    (3, math.e, 0.1, 0),
    (4, math.e**4, 0.5, 0),
    (3, math.e**3, 0.2, 1),
    (5, math.e**9, 0.9, 1),
    (4, math.e**3, 0.49, 0),
)


def entry(day: int, moved: list[str], confirmed: list[str], retrain: bool) -> dict[str, Any]:
    return {"day": day, "moved": moved, "confirmed": confirmed, "retrain": retrain}


def week_of(*rows: tuple[int, str, float, int]) -> pd.DataFrame:
    """Return a week from rows of card, channel, amount and is_fraud; payments count from 1."""
    frame = pd.DataFrame(rows, columns=["card", "channel", "amount", "is_fraud"])
    frame.insert(0, "payment", np.arange(len(frame)) + 1)
    return frame


def alerts(payments: Any, on: Any) -> pd.DataFrame:
    """Return what a model says of payments: an alert on those in `on`."""
    payments = list(payments)
    return pd.DataFrame({"payment": payments, "alert": [one in set(on) for one in payments]})


WEEK = week_of(
    (1, "web", 90.0, 1),
    (1, "web", 20.0, 0),
    (2, "shop", 60.0, 1),
    (3, "shop", 10.0, 0),
    (3, "web", 30.0, 0),
    (4, "phone", 70.0, 1),
)


def move(at: str, target: int, source: int | None, alias: str = "champion") -> dict[str, Any]:
    kind = {"at": at, "alias": alias, "source": source, "target": target, "kind": "promoted"}
    return {**kind, "who": ORDER[0], "why": ORDER[1]}


MOVES = [
    move("2026-06-01T08:00:00+00:00", 3, None),
    move("2026-06-01T10:30:00+02:00", 9, None, "shadow"),
    move("2026-06-01T11:00:00+02:00", 7, 3),
]


@check("watch", points=1)
def gives_each_day_its_row(run: Run) -> None:
    got = expect(run.call("day_values", DAYS, 0.5, 4, 1), "day_values(six payments, 0.5, 4, 1)")
    got.to_be_a(pd.DataFrame)
    got.at("day").to_equal([3, 4])
    got.at("payments").to_equal([2, 3])
    got.at("features").to_equal([2.0, 3.0], tol=1e-9)
    got.at("scores").to_equal([0.0, 2 / 3], tol=1e-9)


@check("watch", points=1, needs="gives_each_day_its_row")
def labels_wait(run: Run) -> None:
    for today, due in ((4, [0.5, math.nan]), (5, [0.5, 1 / 3, math.nan])):
        got = run.call("day_values", DAYS, 0.5, today, 1)
        what = f"labels at the end of day {today}, known after one day"
        expect(got, "day_values(…)").at("labels").to_equal(due, tol=1e-9)
        expect(len(got), f"days with {what}").to_equal(len(due))


@check("watch", points=1)
def another_day_may_lie_so_far(run: Run) -> None:
    # Four days whose values are 1, 2, 3 and 4, of one, five, two and one payments.
    rows = [
        (day, math.e**day, 0.5, 0) for day, n in ((1, 1), (2, 5), (3, 2), (4, 1)) for _ in range(n)
    ]
    got = run.call("calibrate", bank(*rows), 0.9, 9, 1, 9.0)
    one = expect(got, "calibrate(four days, …, 9 a month)").to_be_a(dict).at("features")
    one.at("centre").to_equal(2.5, tol=1e-9)
    # t is 2.3534 for 3 degrees of freedom and a rate of 0.1; s is 1.2910.
    one.at("bound").to_equal(2.3533634348018264 * math.sqrt(5 / 3) * math.sqrt(1.25), tol=1e-6)


@check("watch", points=1)
def tells_which_watch_moved(run: Run) -> None:
    values = pd.DataFrame(
        {
            "day": [13, 14, 20, 21],
            "payments": [900, 900, 900, 100],
            "features": [3.0, 3.0, 3.5, 3.5],
            "scores": [0.01, 0.01, 0.005, 0.2],
            "labels": [0.02, 0.003, math.nan, math.nan],
        }
    )
    bounds = {
        "features": {"centre": 3.0, "bound": 0.2},
        "scores": {"centre": 0.01, "bound": 0.005},
        "labels": {"centre": 0.004, "bound": 0.002},
    }
    for day, due in ((20, ["features", "labels"]), (21, []), (13, [])):
        got = run.call("moved", values, bounds, day, 7, 200)
        expect(got, f"moved(…, day {day}, …)").to_equal(due)


@check("confirm", points=1)
def confirms_three_of_five(run: Run) -> None:
    log: Any = []
    nights = {10: ["labels"], 11: ["scores", "features"], 12: ["labels"], 13: [], 14: ["labels"]}
    for day, moved in nights.items():
        log = run.call("decide", log, day, moved, RULES)
    due = [
        entry(10, ["labels"], [], False),
        entry(11, ["features", "scores"], [], False),
        entry(12, ["labels"], [], False),
        entry(13, [], [], False),
        entry(14, ["labels"], ["labels"], True),
    ]
    expect(log, "the log of five nights").to_equal(due)


@check("confirm", points=1, needs="confirms_three_of_five")
def a_day_is_decided_once(run: Run) -> None:
    log = [entry(10, ["labels"], [], False), entry(11, [], [], False)]
    got, after = run.inspect("decide", log, 10, ["features"], RULES)
    expect(got, "decide(…) for a day that is in the log").to_equal(log)
    got, after = run.inspect("decide", log, 12, [], RULES)
    expect(got, "decide(…) for the next day").to_equal([*log, entry(12, [], [], False)])
    expect(after, "the arguments afterwards").at(0).to_equal(log)


def table(days: Any) -> pd.DataFrame:
    """Return two payments a day, rows of one day apart from one another."""
    return bank(*((day, 10.0, 0.0, 0) for _ in range(2) for day in days))


@check("material", points=1)
def tests_on_the_newest_known_days(run: Run) -> None:
    got = run.call("material", table(range(21)), 20, 8, 3, 7)
    test = expect(got, "material(days 0 to 20, today 20, 8, 3, 7)").to_be_a(dict).at("test")
    # Labels of day 13 are complete at the end of day 20.
    test.at("day").to_equal([11, 12, 13, 11, 12, 13])


@check("material", points=1)
def learns_from_the_days_before(run: Run) -> None:
    got = run.call("material", table(range(21)), 20, 8, 3, 7)
    train = expect(got, "material(days 0 to 20, today 20, 8, 3, 7)").to_be_a(dict).at("train")
    train.at("day").to_equal([*range(3, 11)] * 2)
    train.at("payment").to_equal([*range(103, 111), *range(124, 132)])


@check("gate", points=1)
def counts_in_euros(run: Run) -> None:
    old, new = alerts(range(1, 7), [2, 3]), alerts(range(1, 7), [1, 3, 4])
    got = expect(run.call("gate", WEEK, old, new, GATE), "gate(six payments, …)").to_be_a(dict)
    # 85 for the fraud that is caught now, 5 for each review more or less.
    got.at("gain").to_equal(85.0, tol=1e-9)
    got.at("worst").to_equal(["shop", -2.5], tol=1e-9)


@check("gate", points=1)
def asks_about_the_same_payments(run: Run) -> None:
    nothing = {"gain": None, "low": None, "high": None, "worst": None}
    due = {"verdict": "not decided", "why": "not comparable", **nothing}
    all_of_them = alerts(range(1, 7), [1])
    for other in (
        alerts(range(1, 6), [1]),
        alerts(range(8, 14), [9]),
        alerts([*range(1, 7), 3], []),
    ):
        expect(run.call("gate", WEEK, all_of_them, other, GATE), "gate(other payments)").to_equal(
            due
        )
        expect(run.call("gate", WEEK, other, all_of_them, GATE), "gate(other payments)").to_equal(
            due
        )


@check("gate", points=1)
def few_frauds_decide_nothing(run: Run) -> None:
    old, new = alerts(range(1, 7), []), alerts(range(1, 7), [1, 3, 6])
    got = expect(
        run.call("gate", WEEK, old, new, {**GATE, "least_frauds": 4}), "gate(3 frauds of 4)"
    )
    got.at("verdict").to_equal("not decided")
    got.at("why").to_equal("too few frauds")
    got.at("low").to_equal(None)
    got = run.call("gate", WEEK, old, new, {**GATE, "least_frauds": 3})
    expect(got, "gate(3 frauds of 3)").at("gain").to_equal(205.0, tol=1e-9)


@check("promote", points=1)
def appends_a_move(run: Run) -> None:
    at = "2026-06-02T08:00:00+00:00"
    got = run.call("promote", MOVES, "champion", 5, 7, at, *ORDER)
    due = {"result": "promoted", "moves": [*MOVES, move(at, 5, 7)]}
    expect(got, "promote(…, 5, expected 7, …)").to_equal(due)
    got = run.call("promote", [], "champion", 2, None, at, *ORDER)
    due = {"result": "promoted", "moves": [move(at, 2, None)]}
    expect(got, "promote([], …, 2, expected None, …)").to_equal(due)


@check("promote", points=1)
def says_what_was_live(run: Run) -> None:
    for at, due in (
        ("2026-06-01T07:59:59+00:00", None),
        ("2026-06-01T10:00:00+02:00", 3),
        ("2026-06-01T08:59:59+00:00", 3),
        ("2026-06-01T09:00:00+00:00", 7),
    ):
        expect(run.call("live_at", MOVES, "champion", at), f"live_at(…, {at})").to_equal(due)


CANARY = {"least": 4, "switched": 0.3, "alerts": 2.0}


@check("canary", points=1)
def stops_what_is_broken(run: Run) -> None:
    good = np.array([0.1, 0.2, 0.7, 0.9])
    for bad in (np.array([0.1, np.nan, 0.7, 0.9]), np.array([0.1, 0.2, 0.7, 1.5])):
        got = run.call("canary", good, bad, (0.5, 0.5), CANARY)
        due = {"verdict": "stop", "why": ["no probability"]}
        expect(got, f"canary(…, {bad.tolist()})").to_equal(due)
    got = run.call("canary", good, good, (0.5, 0.5), CANARY)
    expect(got, "canary(twice the same)").to_equal({"verdict": "go on", "why": []})


@check("canary", points=1)
def waits_for_payments(run: Run) -> None:
    few = np.array([0.1, 0.2, 0.7])
    got = run.call("canary", few, 1 - few, (0.5, 0.5), CANARY)
    expect(got, "canary(three of four payments)").to_equal({"verdict": "wait", "why": []})
    got = run.call("canary", few, np.array([-0.1, 0.2, 0.7]), (0.5, 0.5), CANARY)
    due = {"verdict": "stop", "why": ["no probability"]}
    expect(got, "canary(three payments, one score below 0)").to_equal(due)


AGAIN = "2026-06-03T03:00:00+00:00"
BACK = {**move(AGAIN, 3, 7), "kind": "rolled back"}


@check("rollback", points=1)
def goes_to_what_was_live_before(run: Run) -> None:
    got = run.call("rollback", MOVES, "champion", 7, [1, 3, 6, 7, 9], AGAIN, *ORDER)
    due = {"result": "rolled back", "moves": [*MOVES, BACK]}
    expect(got, "rollback(…, bad 7, …)").to_equal(due)


@check("rollback", points=1)
def twice_does_no_harm(run: Run) -> None:
    moves = [*MOVES, BACK]
    got = run.call("rollback", moves, "champion", 7, [3, 7], AGAIN, *ORDER)
    expect(got, "rollback(bad 7 once more)").to_equal({"result": "not live", "moves": moves})
    got = run.call("rollback", moves, "champion", 3, [3, 7], AGAIN, *ORDER)
    due = {"result": "nowhere to go", "moves": moves}
    expect(got, "rollback(bad 3; 7 was rolled back from)").to_equal(due)
