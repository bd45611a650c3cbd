"""Hold the gate to weeks that nobody has seen."""

from typing import Any

import hidden_answers
import numpy as np
import pandas as pd
from checks import alerts

from autograder.checks import Run, check, expect

WEEKS = 0x3E95_C80A_D174_2F6B_97E1_5CD2
RULES = {
    "review": 5.0,
    "least_frauds": 20,
    "least_segment": 100,
    "tolerance": 0.5,
    "resamples": 4000,
    "seed": 3,
}
# Of the interval's width. Chance moves an end by a hundredth or so with 4,000 resamples; an
# interval of 90 per cent is off by eight.
ROOM = 0.06
NOTHING = {"gain": None, "low": None, "high": None, "worst": None}


def honest(rng: Any, count: int, first: int = 1, cards: int = 500) -> pd.DataFrame:
    """Return a week of honest payments."""
    return pd.DataFrame(
        {
            "payment": np.arange(first, first + count),
            "card": rng.integers(0, cards, count),
            "channel": rng.choice(["phone", "shop", "web"], count),
            "amount": np.round(rng.uniform(5, 200, count), 2),
            "is_fraud": 0,
        }
    )


def judged(
    run: Run, week: pd.DataFrame, old: Any, new: Any, what: str, lumpy: bool = False, **rules: Any
) -> Any:
    """Ask the gate, hold its figures to what is due, and return the expectation.

    With `lumpy` the upper end hangs on how often a single card is drawn, and is not held.
    """
    rules = {**RULES, **rules}
    said = [dict(zip(one["payment"], one["alert"], strict=True)) for one in (old, new)]
    gains = hidden_answers.gained(week, said[0], said[1], rules["review"])
    low, high = hidden_answers.interval(week, gains)
    got = expect(run.call("gate", week, old, new, rules), what).to_be_a(dict)
    got.at("gain").to_equal(float(gains.sum()), tol=1e-9)
    room = ROOM * (high - low)
    for name, due in (("low", low), ("high", high))[: 1 if lumpy else 2]:
        value = got.at(name).to_be_a(float, int).value
        close = abs(value - due) <= room
        told = (
            f"it is {value:.0f} euros, where about {due:.0f} is due (room for chance: {room:.0f})"
        )
        expect(bool(close), f"{what}[{name!r}]").to_be_true(told)
    return got


def dear_week(seed: int) -> tuple[pd.DataFrame, Any, Any]:
    """Return a week of whose dear frauds both models miss many, and what both say of it."""
    rng = np.random.default_rng(seed)
    week = honest(rng, 1500)
    week.loc[:99, "is_fraud"] = 1
    # No two frauds on one card; the first 30 are dear, and nobody sees them.
    week.loc[:99, "card"] = np.arange(1000, 1100)
    week.loc[:29, "amount"] = np.round(rng.lognormal(6.5, 1.0, 30), 2)
    week.loc[30:99, "amount"] = np.round(rng.uniform(40, 160, 70), 2)
    old = alerts(week["payment"], [*range(72, 101), *range(140, 150)])
    new = alerts(week["payment"], [*range(34, 101), *range(144, 158)])
    return week, old, new


@check(
    "gate",
    points=1,
    feedback="Both miss the same few dear frauds. Is that a reason to doubt where they differ? "
    "And if they differ nowhere?",
)
def pairs_what_belongs_together(run: Run) -> None:
    week, old, new = dear_week(WEEKS + run.parameters["seed"])
    got = judged(run, week, old, new, "gate(dear frauds that both miss)")
    got.at("verdict").to_equal("promote")
    got.at("why").to_equal("better")
    got = expect(run.call("gate", week, new, new, RULES), "gate(twice the same model)")
    for name, due in (("gain", 0.0), ("low", 0.0), ("high", 0.0), ("why", "not shown better")):
        got.at(name).to_equal(due)


@check(
    "gate",
    points=1,
    feedback="All that the challenger gains comes from one card. What if that one had not paid? "
    "And are the draws as many as the rules say, from the seed that they name?",
    needs="counts_in_euros",
)
def draws_whole_cards(run: Run) -> None:
    rng = np.random.default_rng(WEEKS + 1 + run.parameters["seed"])
    week = honest(rng, 1200)
    week.loc[:39, "is_fraud"] = 1
    week.loc[:39, "card"] = 9999
    week.loc[:39, "amount"] = np.round(rng.uniform(90, 110, 40), 2)
    old = alerts(week["payment"], [])
    new = alerts(week["payment"], range(1, 441))
    got = judged(run, week, old, new, "gate(forty frauds of one card)", lumpy=True)
    got.at("verdict").to_equal("keep")
    got.at("why").to_equal("not shown better")
    week, old, new = dear_week(WEEKS + 6 + run.parameters["seed"])
    ends = []
    for seed in (11, 11, 12):
        rules = {**RULES, "resamples": 200, "seed": seed}
        got = expect(run.call("gate", week, old, new, rules), f"gate(…, seed {seed})")
        ends.append([got.at(name).to_be_a(float, int).value for name in ("low", "high")])
    expect(ends[0] == ends[1], "gate(…)").to_be_true("the same seed twice gives the same interval")
    expect(ends[0] != ends[2], "gate(…)").to_be_true("another seed draws other cards")
    got = expect(run.call("gate", week, old, new, {**RULES, "resamples": 1}), "gate(1 resample)")
    low, high = (got.at(name).to_be_a(float, int).value for name in ("low", "high"))
    expect(low == high, "gate(1 resample)").to_be_true("a single sum has one value for both ends")


@check(
    "gate",
    points=1,
    feedback="Which channels are large enough to be judged, which of them is worst off, and how "
    "much of that do the rules bear?",
)
def the_worst_channel_vetoes(run: Run) -> None:
    rng = np.random.default_rng(WEEKS + 2 + run.parameters["seed"])
    for phones, vain, bears, verdict, why in (
        (100, 12, 0.5, "keep", "worse in a segment"),
        (99, 12, 0.5, "promote", "better"),
        (100, 12, 0.75, "promote", "better"),
        (100, 10, 0.5, "promote", "better"),
        (100, 10, 0.25, "keep", "worse in a segment"),
    ):
        sizes = {"phone": phones, "shop": 400, "web": 700}
        week = honest(rng, sum(sizes.values()), cards=600)
        week["channel"] = np.repeat(list(sizes), list(sizes.values()))
        frauds = rng.choice(np.arange(phones, len(week)), 200, replace=False)
        week.loc[frauds, "is_fraud"] = 1
        # By phone it alerts on honest payments alone: five euros are lost with each of them.
        new = alerts(week["payment"], week.loc[[*frauds, *week.index[:vain]], "payment"])
        old, what = alerts(week["payment"], []), f"gate({phones} by phone, tolerance {bears})"
        got = judged(run, week, old, new, what, tolerance=bears)
        got.at("verdict").to_equal(verdict)
        got.at("why").to_equal(why)
        worst = got.at("worst")
        if phones == 100:
            worst.to_equal(["phone", -5 * vain / 100], tol=1e-9)
        else:
            worst.at(0).to_be_one_of("shop", "web")
    week = honest(rng, 240)
    week["channel"] = np.resize(["phone", "shop", "web"], 240)
    week.loc[:49, "is_fraud"] = 1
    new = alerts(week["payment"], range(1, 51))
    got = judged(run, week, alerts(week["payment"], []), new, "gate(no channel is large enough)")
    got.at("worst").to_equal(None)
    got.at("verdict").to_equal("promote")


@check(
    "gate",
    points=1,
    needs="counts_in_euros",
    feedback="Do the rows of both models stand in the week's order, has each payment just one, and "
    "are they all of this week? What does a review cost? And whose frames are these?",
)
def finds_the_same_payments(run: Run) -> None:
    rng = np.random.default_rng(WEEKS + 3 + run.parameters["seed"])
    everything = honest(rng, 3000)
    everything["is_fraud"] = (rng.random(3000) < 0.1).astype(int)
    everything = everything.iloc[rng.permutation(3000)].reset_index(drop=True)
    week = everything[everything["payment"] % 2 == 0].reset_index(drop=True)
    # One payment of another week was scored again: that is no matter of this week.
    payments = np.append(everything["payment"].to_numpy(), 1)
    frauds = set(everything.loc[everything["is_fraud"] == 1, "payment"])
    for share, review, verdict, why in (
        (0.9, 3.0, "promote", "better"),
        (0.1, 8.0, "keep", "not shown better"),
    ):
        said = []
        for caught in (0.5, share):
            order = rng.permutation(payments)
            on = [one for one in order if rng.random() < (caught if one in frauds else 0.02)]
            said.append(alerts(order, on))
        what = f"gate(rows in another order, other weeks too, {review:g} euros a review)"
        got = judged(run, week, said[0], said[1], what, review=review)
        got.at("verdict").to_equal(verdict)
        got.at("why").to_equal(why)
    given = [week.copy(), *(one.copy() for one in said)]
    _, after = run.inspect("gate", week, said[0], said[1], RULES)
    for place, frame in enumerate(given):
        expect(after, "the arguments afterwards").at(place).to_equal(frame)
    due = {"verdict": "not decided", "why": "not comparable", **NOTHING}
    whole = alerts(week["payment"], [])
    # As many rows as payments, but one payment twice and one not at all; then few frauds as well.
    other = alerts([*week["payment"][1:], week["payment"][1]], [])
    for pair in ((whole, other), (other, whole)):
        for least in (20, 1500):
            got = run.call("gate", week, *pair, {**RULES, "least_frauds": least})
            expect(got, "gate(a payment twice, another not at all)").to_equal(due)
