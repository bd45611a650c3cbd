"""Play the last milestone: prices drift, the scorer passes the gate, and is taken back."""

from typing import Any

import pandas as pd
from chain_baseline import cost

Story = dict[str, Any]
DELAY, CALM, DRIFT = 7, 28, 34
# Whoever alerts on large amounts alone: the champion that the scorer must beat.
LARGE, BROKEN = 220.0, 0.02
RULES = {"least": 3, "of": 5, "cooldown": 14, "grounds": ["features", "labels"], "holidays": []}
GATE = {
    "review": 5.0,
    "least_frauds": 30,
    "least_segment": 500,
    "tolerance": 1.0,
    "resamples": 500,
    "seed": 0,
}
CANARY = {"least": 1_000, "switched": 0.05, "alerts": 2.0}


def retrain(story: Story) -> dict[str, Any]:
    """Watch five weeks, decide each night, and let the scorer challenge a rule of thumb."""
    import retrain as r

    decided, level = story["decided"], story["model"]["threshold"]
    # Before the scorer stood there the model's scores are the only ones.
    watched = story["watched"]
    before = watched[watched["at"] < decided["at"].min() // 86_400 * 86_400]
    payments = pd.concat([_as_payments(before), _as_payments(decided)], ignore_index=True)
    calm = payments[payments["day"] < CALM]
    bounds = r.calibrate(calm, level, CALM - 1 + DELAY, DELAY, 1.0)
    dearer = payments.assign(
        amount=payments["amount"].where(payments["day"] < DRIFT, 1.5 * payments["amount"])
    )
    found: dict[str, Any] = {}
    for name, seen in (("calm", payments), ("dearer", dearer)):
        log: list[dict[str, Any]] = []
        for day in range(CALM, 42):
            values = r.day_values(seen, level, day, DELAY)
            log = r.decide(log, day, r.moved(values, bounds, day, DELAY, 200), RULES)
        found[f"retrained_when_{name}"] = [entry["day"] for entry in log if entry["retrain"]]
        found[f"alarms_when_{name}"] = sum("features" in entry["moved"] for entry in log)
        week = values[values["day"] >= decided["TX_TIME_DAYS"].min()]
        found[f"watched_when_{name}"] = [
            int(week["payments"].sum()),
            round(float((week["scores"] * week["payments"]).sum())),
        ]
    made = found["retrained_when_dearer"][0]
    parts = r.material(payments, made, 14, 7, DELAY)
    found["made"] = made
    found["learned"] = [int(parts["train"]["day"].min()), int(parts["train"]["day"].max())]
    found["tested"] = [int(parts["test"]["day"].min()), int(parts["test"]["day"].max())]

    week = _as_payments(decided)
    old = pd.DataFrame({"payment": week["payment"], "alert": week["amount"] >= LARGE})
    new = decided[["payment", "alert"]]
    said = r.gate(week, old, new.sample(frac=1, random_state=0), GATE)
    found |= {"verdict": said["verdict"], "low": said["low"], "gain": said["gain"]}
    found["back"] = r.gate(week, new, old, GATE)
    labels, amounts = week["is_fraud"].to_numpy(), week["amount"].to_numpy()
    costs = [cost(labels, one["alert"].to_numpy(bool), amounts) for one in (old, new)]
    found["gain_due"] = costs[0] - costs[1]
    scores, levels = decided["probability"].to_numpy(), (story["level"], story["level"])
    found["canary"] = [
        r.canary(scores, other, levels, CANARY)["verdict"] for other in (scores, scores * BROKEN)
    ]
    times = [f"2026-06-0{day}T09:00:00+02:00" for day in (1, 2, 3)]
    moves = r.promote([], "champion", 1, None, times[0], "team", "the first")["moves"]
    moves = r.promote(moves, "champion", 2, 1, times[1], "night", said["why"])["moves"]
    lost = r.promote(moves, "champion", 3, 1, times[2], "late", "better than 1")
    moves = r.rollback(moves, "champion", 2, [1, 2, 3], times[2], "drill", "to practise")["moves"]
    found["late"] = lost["result"]
    found["live"] = [r.live_at(moves, "champion", at) for at in times]
    return found


def _as_payments(scored: pd.DataFrame) -> pd.DataFrame:
    """Give scored payments the columns that the lab's watch and gate read."""
    early = scored["at"] // 3_600 % 24 < 8
    return pd.DataFrame(
        {
            "payment": scored["payment"],
            "day": scored["TX_TIME_DAYS"],
            "card": scored["card"],
            "channel": early.map({True: "early", False: "late"}),
            "amount": scored["amount"],
            "score": scored["score"],
            "is_fraud": scored["fraud"],
        }
    ).reset_index(drop=True)
