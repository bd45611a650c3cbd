"""Hold the gate and the canary to weeks that nobody has seen."""

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
    "resamples": 1000,
    "seed": 3,
}


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


def judged(run: Run, week: pd.DataFrame, old: Any, new: Any, what: str, lumpy: bool = False) -> Any:
    """Ask the gate, hold its figures to what is due, and return the expectation.

    With `lumpy` the upper end hangs on how often a single card is drawn, and is not held.
    """
    said = [dict(zip(one["payment"], one["alert"], strict=True)) for one in (old, new)]
    gains = hidden_answers.gained(week, said[0], said[1], RULES["review"])
    low, high = hidden_answers.interval(week, gains)
    got = expect(run.call("gate", week, old, new, RULES), what).to_be_a(dict)
    got.at("gain").to_equal(float(gains.sum()), tol=1e-9)
    room = 0.15 * (high - low)
    for name, due in (("low", low), ("high", high))[: 1 if lumpy else 2]:
        value = got.at(name).to_be_a(float, int).value
        close = abs(value - due) <= room
        told = (
            f"it is {value:.0f} euros, where about {due:.0f} is due (room for chance: {room:.0f})"
        )
        expect(bool(close), f"{what}[{name!r}]").to_be_true(told)
    return got


@check(
    "gate",
    points=1,
    feedback="Both miss the same few dear frauds. Is that a reason to doubt where they differ?",
)
def pairs_what_belongs_together(run: Run) -> None:
    rng = np.random.default_rng(WEEKS + run.parameters["seed"])
    week = honest(rng, 1500)
    week.loc[:59, "is_fraud"] = 1
    # No two frauds on one card; the first 30 are dear, and nobody sees them.
    week.loc[:59, "card"] = np.arange(1000, 1060)
    week.loc[:29, "amount"] = np.round(rng.lognormal(6.5, 1.0, 30), 2)
    week.loc[30:59, "amount"] = np.round(rng.uniform(80, 120, 30), 2)
    old = alerts(week["payment"], [*range(46, 61), *range(100, 110)])
    new = alerts(week["payment"], [*range(34, 61), *range(104, 118)])
    got = judged(run, week, old, new, "gate(dear frauds that both miss)")
    got.at("verdict").to_equal("promote")
    got.at("why").to_equal("better")


@check(
    "gate",
    points=1,
    feedback="All that the challenger gains comes from one card. What if that one had not paid?",
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


@check(
    "gate",
    points=1,
    feedback="Which channels are large enough to be judged, and which of them is worst off?",
)
def the_worst_channel_vetoes(run: Run) -> None:
    rng = np.random.default_rng(WEEKS + 2 + run.parameters["seed"])
    for phones, verdict, why in (
        (100, "keep", "worse in a segment"),
        (99, "promote", "better"),
    ):
        sizes = {"phone": phones, "shop": 400, "web": 700}
        week = honest(rng, sum(sizes.values()), cards=600)
        week["channel"] = np.repeat(list(sizes), list(sizes.values()))
        frauds = rng.choice(np.arange(phones, len(week)), 200, replace=False)
        week.loc[frauds, "is_fraud"] = 1
        # By phone it alerts on honest payments alone: 0.6 euros a payment are lost there.
        vain = week.index[:12]
        new = alerts(week["payment"], week.loc[[*frauds, *vain], "payment"])
        got = judged(run, week, alerts(week["payment"], []), new, f"gate({phones} by phone)")
        got.at("verdict").to_equal(verdict)
        got.at("why").to_equal(why)
        worst = got.at("worst")
        if verdict == "keep":
            worst.to_equal(["phone", -0.6], tol=1e-9)
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
    feedback="Do the rows of both models stand in the week's order, and are they all of this week?",
)
def finds_the_same_payments(run: Run) -> None:
    rng = np.random.default_rng(WEEKS + 3 + run.parameters["seed"])
    everything = honest(rng, 3000)
    everything["is_fraud"] = (rng.random(3000) < 0.04).astype(int)
    everything = everything.iloc[rng.permutation(3000)].reset_index(drop=True)
    week = everything[everything["payment"] % 2 == 0]
    payments = everything["payment"].to_numpy()
    frauds = set(everything.loc[everything["is_fraud"] == 1, "payment"])
    for share, verdict in ((0.9, "promote"), (0.1, "keep")):
        said = []
        for caught in (0.5, share):
            order = rng.permutation(payments)
            on = [one for one in order if rng.random() < (caught if one in frauds else 0.02)]
            said.append(alerts(order, on))
        got = judged(run, week, said[0], said[1], "gate(rows in another order, other weeks too)")
        got.at("verdict").to_equal(verdict)


@check(
    "canary",
    points=1,
    needs="stops_what_is_broken",
    feedback="A model that is calibrated otherwise has another level, and decides the same.",
)
def each_model_has_its_own_level(run: Run) -> None:
    rng = np.random.default_rng(WEEKS + 4 + run.parameters["seed"])
    scores = rng.beta(1, 12, 4000)
    rules = {"least": 4000, "switched": 0.001, "alerts": 1.2}
    level = float(np.quantile(scores, 0.97, method="higher"))
    for old, new, levels in (
        (scores, scores / 8, (level, level / 8)),
        (scores / 8, scores, (level / 8, level)),
    ):
        got = run.call("canary", old, new, levels, rules)
        expect(got, "canary(the same, on another scale)").to_equal({"verdict": "go on", "why": []})


@check(
    "canary",
    points=1,
    needs="stops_what_is_broken",
    feedback="Who is alerted, and how many: both count, and both may go wrong in two directions.",
)
def counts_who_and_how_many(run: Run) -> None:
    rng = np.random.default_rng(WEEKS + 5 + run.parameters["seed"])
    rules = {"least": 1000, "switched": 0.05, "alerts": 2.0}
    honest = rng.uniform(0, 0.4, 1000)

    def on(first: int, last: int) -> Any:
        scores = honest.copy()
        scores[first:last] = 0.5  # at the level: that is an alert
        return scores

    cases = (
        (on(0, 40), on(10, 50), []),
        (on(0, 40), on(30, 70), ["switched"]),
        (on(0, 25), on(0, 75), ["alerts"]),
        (on(0, 25), on(0, 76), ["switched", "alerts"]),
        (on(0, 19), on(0, 39), []),
        (on(0, 19), on(0, 40), ["alerts"]),
        (on(0, 40), on(0, 19), ["alerts"]),
        (on(0, 39), on(0, 19), []),
        (on(0, 0), on(0, 0), []),
        (on(0, 0), on(0, 2), ["alerts"]),
    )
    for old, new, why in cases:
        order = rng.permutation(1000)
        got = run.call("canary", old[order], new[order], (0.5, 0.5), rules)
        both = ((old >= 0.5) & (new >= 0.5)).sum()
        counts = f"{(old >= 0.5).sum()} and {(new >= 0.5).sum()} alerts, {both} in common"
        due = {"verdict": "stop" if why else "go on", "why": why}
        expect(got, f"canary(1,000 payments, {counts})").to_equal(due)
