"""Hold the canary to scores that nobody has seen."""

from typing import Any

import numpy as np

from autograder.checks import Run, check, expect

SCORES = 0x58D1_0B7F_E264_9C3A_41F8_ED06


@check(
    "canary",
    points=1,
    needs="stops_what_is_broken",
    feedback="A model that is calibrated otherwise has another level, and decides the same. And "
    "whose scores must be probabilities?",
)
def each_model_has_its_own_level(run: Run) -> None:
    rng = np.random.default_rng(SCORES + run.parameters["seed"])
    scores = rng.beta(1, 12, 4000)
    rules = {"least": 4000, "switched": 0.001, "alerts": 1.2}
    level = float(np.quantile(scores, 0.97, method="higher"))
    # Both ends of the scale are probabilities too.
    scores[rng.choice(np.flatnonzero(scores < level), 3, replace=False)] = 0.0
    scores[int(np.argmax(scores))] = 1.0
    points = np.floor(scores * 1000) + 1  # of a champion that was never a probability
    due = {"verdict": "go on", "why": []}
    for old, new, levels in (
        (scores, scores / 8, (level, level / 8)),
        (scores / 8, scores, (level / 8, level)),
        (points, (points - 1) / 1001, (31.0, 30 / 1001)),
    ):
        got = run.call("canary", old, new, levels, rules)
        expect(got, "canary(the same, on another scale)").to_equal(due)


@check(
    "canary",
    points=1,
    needs="stops_what_is_broken",
    feedback="Who is alerted, and how many: both count, and both may go wrong in two directions. "
    "How far wrong, the rules say.",
)
def counts_who_and_how_many(run: Run) -> None:
    rng = np.random.default_rng(SCORES + 1 + run.parameters["seed"])
    honest = rng.uniform(0, 0.4, 1000)

    def on(first: int, last: int) -> Any:
        scores = honest.copy()
        scores[first:last] = 0.5  # at the level: that is an alert
        return scores

    cases = (
        (2.0, on(0, 40), on(10, 50), []),
        (2.0, on(0, 40), on(30, 70), ["switched"]),
        (2.0, on(0, 25), on(0, 75), ["alerts"]),
        (2.0, on(0, 25), on(0, 76), ["switched", "alerts"]),
        (2.0, on(0, 19), on(0, 39), []),
        (2.0, on(0, 19), on(0, 40), ["alerts"]),
        (2.0, on(0, 40), on(0, 19), ["alerts"]),
        (2.0, on(0, 39), on(0, 19), []),
        (2.0, on(0, 0), on(0, 0), []),
        (2.0, on(0, 0), on(0, 2), ["alerts"]),
        (4.0, on(0, 9), on(0, 39), []),
        (4.0, on(0, 9), on(0, 40), ["alerts"]),
        (4.0, on(0, 39), on(0, 9), []),
        (4.0, on(0, 40), on(0, 9), ["alerts"]),
        (1.25, on(0, 39), on(0, 51), ["alerts"]),
        (1.25, on(0, 51), on(0, 39), ["alerts"]),
    )
    for most, old, new, why in cases:
        rules = {"least": 1000, "switched": 0.05, "alerts": most}
        order = rng.permutation(1000)
        got = run.call("canary", old[order], new[order], (0.5, 0.5), rules)
        both = ((old >= 0.5) & (new >= 0.5)).sum()
        counts = f"{(old >= 0.5).sum()} and {(new >= 0.5).sum()} alerts, {both} in common"
        due = {"verdict": "stop" if why else "go on", "why": why}
        expect(got, f"canary(1,000 payments, {counts}, at most {most:g} times)").to_equal(due)
