"""Play the last milestone: prices drift, a challenger passes the gate, and is taken back."""

from typing import Any

import pandas as pd

Story = dict[str, Any]
DELAY, CALM, DRIFT = 7, 28, 34
# Whoever alerts on large amounts alone: the champion that the baseline must beat.
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
    """Watch six weeks, decide each night, and let the baseline challenge a rule of thumb."""
    import retrain as r

    payments = _as_payments(story["transactions"])
    calm = payments[payments["day"] < CALM]
    bounds = r.calibrate(calm, LARGE, CALM - 1 + DELAY, DELAY, 1.0)
    dearer = payments.assign(
        amount=payments["amount"].where(payments["day"] < DRIFT, 1.5 * payments["amount"])
    )
    found: dict[str, Any] = {}
    for name, seen in (("calm", payments), ("dearer", dearer)):
        log: list[dict[str, Any]] = []
        for day in range(CALM, 42):
            values = r.day_values(seen, LARGE, day, DELAY)
            log = r.decide(log, day, r.moved(values, bounds, day, DELAY, 200), RULES)
        found[f"retrained_when_{name}"] = [entry["day"] for entry in log if entry["retrain"]]
        found[f"alarms_when_{name}"] = sum("features" in entry["moved"] for entry in log)
    made = found["retrained_when_dearer"][0]
    parts = r.material(payments, made, 14, 7, DELAY)
    found["made"] = made
    found["learned"] = [int(parts["train"]["day"].min()), int(parts["train"]["day"].max())]
    found["tested"] = [int(parts["test"]["day"].min()), int(parts["test"]["day"].max())]

    week = _as_payments(story["week"])
    scores, level = story["probabilities"], story["level"]
    old = pd.DataFrame({"payment": week["payment"], "alert": week["amount"] >= LARGE})
    new = pd.DataFrame({"payment": week["payment"], "alert": scores >= level})
    said = r.gate(week, old, new.sample(frac=1, random_state=0), GATE)
    found |= {"verdict": said["verdict"], "low": said["low"], "back": r.gate(week, new, old, GATE)}
    found["canary"] = [
        r.canary(scores, other, (level, level), CANARY)["verdict"]
        for other in (scores, scores * BROKEN)
    ]
    times = [f"2026-06-0{day}T09:00:00+02:00" for day in (1, 2, 3)]
    moves = r.promote([], "champion", 1, None, times[0], "team", "the first")["moves"]
    moves = r.promote(moves, "champion", 2, 1, times[1], "night", said["why"])["moves"]
    lost = r.promote(moves, "champion", 3, 1, times[2], "late", "better than 1")
    moves = r.rollback(moves, "champion", 2, [1, 2, 3], times[2], "drill", "to practise")["moves"]
    found["late"] = lost["result"]
    found["live"] = [r.live_at(moves, "champion", at) for at in times]
    return found


def _as_payments(transactions: pd.DataFrame) -> pd.DataFrame:
    """Give the project's columns the names of the lab; a large amount is the score."""
    hour = transactions["TX_TIME_SECONDS"] // 3_600 % 24
    return pd.DataFrame(
        {
            "payment": transactions["TRANSACTION_ID"],
            "day": transactions["TX_TIME_DAYS"],
            "card": transactions["CUSTOMER_ID"],
            "channel": hour.lt(8).map({True: "early", False: "late"}),
            "amount": transactions["TX_AMOUNT"].clip(lower=0.01),
            "score": transactions["TX_AMOUNT"],
            "is_fraud": transactions["TX_FRAUD"],
        }
    ).reset_index(drop=True)
