"""Hold the drift watch to days that nobody has seen."""

import math

import hidden_answers
import numpy as np
import pandas as pd

from autograder.checks import Run, check, expect

DAYS = 0x9C41_E7B0_52DA_F863_1B7E_A405
LEVEL, DELAY, LEAST = 0.6, 7, 20


def days(seed: int, count: int = 30, size: int = 90) -> pd.DataFrame:
    """Return scored payments whose days differ by more than their payments explain."""
    rng = np.random.default_rng(seed)
    each = rng.poisson(size * rng.choice([0.4, 1.0, 2.0], count))
    day = np.repeat(np.arange(count), each)
    mood = rng.normal(0, 0.4, (3, count))[:, day]
    frame = pd.DataFrame(
        {
            "payment": rng.permutation(len(day)),
            "day": day,
            "amount": np.exp(3 + mood[0] + rng.normal(0, 1, len(day))),
            "score": np.round(np.clip(rng.uniform(0, 1, len(day)) + mood[1] / 4, 0, 1), 1),
            "is_fraud": (rng.random(len(day)) < 0.1 * np.exp(mood[2])).astype(int),
        }
    )
    return frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)


@check(
    "watch",
    points=1,
    feedback="One observation a day, however busy; each watch has as many as it knows; and the "
    "false alarms of a month are shared by three watches.",
)
def bounds_are_those_of_days(run: Run) -> None:
    frame = days(DAYS + run.parameters["seed"])
    for today, false_alarms in ((60, 1.0), (29, 2.0), (24, 0.5)):
        rows = hidden_answers.values_of(frame, LEVEL, today, DELAY)
        due = hidden_answers.bounds_of(rows, false_alarms)
        got, after = run.inspect("calibrate", frame, LEVEL, today, DELAY, false_alarms)
        what = f"calibrate(30 days, as known on day {today}, {false_alarms} a month)"
        expect(got, what).to_equal(due, tol=1e-7)
        expect(after, "the arguments afterwards").at(0).to_equal(frame)


@check(
    "watch",
    points=1,
    needs="gives_each_day_its_row",
    feedback="A day with many times the payments of the same kind: does anything move? And has a "
    "day without a payment a row?",
)
def volume_alone_moves_nothing(run: Run) -> None:
    frame = days(DAYS + 1 + run.parameters["seed"])
    bounds = hidden_answers.bounds_of(hidden_answers.values_of(frame, LEVEL, 60, DELAY), 1.0)
    known = frame[frame["day"] < 12]
    busy = [known.assign(day=day) for day in (40, 47)]
    dear = known.assign(day=48, amount=known["amount"] * 20)
    seen = pd.concat([*busy, dear, frame[frame["day"] > 20]], ignore_index=True)
    seen = seen.assign(payment=np.arange(len(seen)))
    before = seen.copy()
    for day, due in ((47, []), (48, ["features"])):
        values, after = run.inspect("day_values", seen, LEVEL, day, DELAY)
        got = run.call("moved", values, bounds, day, DELAY, LEAST)
        expect(got, f"what moved on day {day}, which is busy").to_equal(due)
        expect(after, "the arguments afterwards").at(0).to_equal(before)
        rows = pd.DataFrame(hidden_answers.values_of(seen, LEVEL, day, DELAY))
        for column in rows:
            table = expect(values, f"day_values(…, today {day}, …)").at(column)
            table.to_equal(rows[column].to_numpy(), tol=1e-9)


@check(
    "watch",
    points=1,
    feedback="Whose row does each watch read at the end of a day, and what if it is not there?",
)
def each_watch_reads_its_day(run: Run) -> None:
    rng = np.random.default_rng(DAYS + 2 + run.parameters["seed"])
    delay, least = 3, 50
    bounds = {
        "scores": {"centre": 0.5, "bound": 0.25},
        "labels": {"centre": -0.5, "bound": 0.25},
        "features": {"centre": 3.0, "bound": 0.125},
    }
    rows = []
    for day in range(60):
        if day and rng.random() < 0.15:
            continue
        steps = rng.choice([-2.0, -1.0, 0.0, 1.0, 2.0], 3)
        rows.append(
            {
                "day": day,
                "payments": int(rng.choice([49, 50, 51, 400])),
                "features": 3.0 + steps[0] * 0.125,
                "scores": math.nan if rng.random() < 0.1 else 0.5 + steps[1] * 0.25,
                "labels": math.nan if rng.random() < 0.1 else -0.5 + steps[2] * 0.25,
            }
        )
    for day in range(2, 62):
        # A bank that looks at the end of `day` has no row of a later one.
        seen = [row for row in rows if row["day"] <= day]
        due = hidden_answers.moved_of(seen, bounds, day, delay, least)
        values = pd.DataFrame(seen)
        got, after = run.inspect("moved", values, bounds, day, delay, least)
        expect(got, f"moved(…, day {day}, delay 3, least 50)").to_equal(due)
        expect(after, "the arguments afterwards").at(0).to_equal(values)
