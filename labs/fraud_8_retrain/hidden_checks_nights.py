"""Hold decisions and training windows to nights that nobody has seen."""

from typing import Any

import hidden_answers
import numpy as np
import pandas as pd
from checks import entry

from autograder.checks import Run, check, expect

NIGHTS = 0xA1F3_60D9_7C2B_48E5_D016_93B7
GROUNDS = ["features", "labels"]


def log_of(entries: dict[int, list[str]]) -> list[dict[str, Any]]:
    return [entry(day, moved, [], False) for day, moved in entries.items()]


def rules(least: int, of: int, cooldown: int, holidays: tuple[int, ...] = ()) -> dict[str, Any]:
    return {
        "least": least,
        "of": of,
        "cooldown": cooldown,
        "grounds": GROUNDS,
        "holidays": list(holidays),
    }


@check(
    "confirm",
    points=1,
    needs="confirms_three_of_five",
    feedback="A drift that lasts: which nights start a training, and which do not?",
)
def keeps_quiet_afterwards(run: Run) -> None:
    for cooldown in (5, 9):
        log: Any = []
        for day in range(100, 125):
            got = run.call("decide", log, day, ["labels"], rules(2, 3, cooldown))
            log = hidden_answers.decided(log, day, ["labels"], rules(2, 3, cooldown))
            what = f"night {day} of a lasting drift, cooldown {cooldown}"
            expect(got, f"decide(…), {what}").at(-1, "retrain").to_equal(log[-1]["retrain"])
            expect(got, f"decide(…), {what}").at(-1, "confirmed").to_equal(log[-1]["confirmed"])


@check(
    "confirm",
    points=1,
    needs="confirms_three_of_five",
    feedback="Do alarms of a holiday count later? And may anything be confirmed on one?",
)
def a_holiday_is_no_drift(run: Run) -> None:
    told = rules(3, 5, 7, (51, 52, 60))
    log = log_of({50: ["labels"], 51: ["labels"], 52: ["labels", "scores"]})
    got = run.call("decide", log, 53, ["labels"], told)
    due = [*log, entry(53, ["labels"], [], False)]
    expect(got, "decide(…) after two holidays").to_equal(due)
    log = log_of({57: ["features"], 58: ["features"], 59: ["features"]})
    got = run.call("decide", log, 60, ["labels", "features"], told)
    due = [*log, entry(60, ["features", "labels"], [], False)]
    expect(got, "decide(…) on a holiday").to_equal(due)
    got = run.call("decide", due, 61, ["features"], told)
    due = [*due, entry(61, ["features"], ["features"], True)]
    expect(got, "decide(…) on the day after it").to_equal(due)


@check(
    "confirm",
    points=1,
    needs="confirms_three_of_five",
    feedback="Days of the calendar, not entries; each watch for itself; and the rules say which "
    "watches are grounds.",
)
def counts_each_watch_on_the_calendar(run: Run) -> None:
    rng = np.random.default_rng(NIGHTS + run.parameters["seed"])
    for grounds in (*[GROUNDS] * 5, ["labels"], ["scores"], ["features", "scores"]):
        told = rules(int(rng.integers(2, 4)), int(rng.integers(4, 7)), int(rng.integers(1, 9)))
        told["holidays"] = [int(day) for day in rng.choice(30, 3, replace=False)]
        told["grounds"] = grounds
        log: Any = []
        for day in range(30):
            if rng.random() < 0.25:
                continue
            moved = [watch for watch in hidden_answers.WATCHES if rng.random() < 0.45]
            due = hidden_answers.decided(log, day, moved, told)
            if rng.random() < 0.7:
                got = run.call("decide", log, day, moved, told)
                expect(got, f"decide(…, day {day}, …)").to_equal(due)
            log = due


@check(
    "material",
    points=1,
    needs="tests_on_the_newest_known_days",
    feedback="An old night is played again: what of the days after it? And what of the "
    "order of the rows, of their columns, of the frame that was given?",
)
def later_days_do_not_exist(run: Run) -> None:
    rng = np.random.default_rng(NIGHTS + 1 + run.parameters["seed"])
    day = rng.permutation(np.repeat(np.arange(60), rng.integers(1, 5, 60)))
    frame = pd.DataFrame({"payment": rng.permutation(len(day)), "day": day})
    frame["card"], frame["amount"], frame["is_fraud"] = rng.permutation(len(day)), 9.5, 0
    before = frame.copy()
    for today, train, test, delay in ((40, 14, 4, 7), (59, 28, 7, 7), (30, 5, 1, 2), (33, 6, 5, 0)):
        got, after = run.inspect("material", frame, today, train, test, delay)
        what = f"material(days 0 to 59, today {today}, {train}, {test}, {delay})"
        known = today - delay
        for name, first, last in (
            ("train", known - test - train + 1, known - test),
            ("test", known - test + 1, known),
        ):
            part = frame[frame["day"].between(first, last)]
            rows = expect(got, what).to_be_a(dict).at(name).to_be_a(pd.DataFrame)
            for column in frame:
                rows.at(column).to_equal(part[column].to_numpy())
        expect(after, "the arguments afterwards").at(0).to_equal(before)


@check(
    "material",
    points=1,
    needs="tests_on_the_newest_known_days",
    feedback="Which days must all be there, the first and the last of them included?",
)
def half_a_month_is_no_month(run: Run) -> None:
    days = np.repeat(np.arange(10, 60), 3)
    frame = pd.DataFrame({"payment": np.arange(len(days)), "day": days, "is_fraud": 0})
    # Made on day 45: days 11 to 33 are learned from, 34 to 38 are the test.
    for gone, whole in ((10, True), (39, True), (11, False), (20, False), (34, False), (38, False)):
        got = run.call("material", frame[frame["day"] != gone], 45, 23, 5, 7)
        if whole:
            part = expect(got, f"material(without day {gone}, …)").to_be_a(dict).at("train", "day")
            part.to_equal(np.repeat(np.arange(11, 34), 3))
        else:
            expect(got, f"material(without day {gone}, which is needed)").to_equal(None)
    got = run.call("material", frame, 45, 25, 5, 7)
    expect(got, "material(a table that begins a day too late)").to_equal(None)
