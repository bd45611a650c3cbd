"""Play seven weeks night by night with the pieces that you wrote."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from world import DELAY, as_known, fit, score

FIRST, LAST = 35, 88  # the days that are played; the first model learned from days 0 to 27
TRAIN, TEST, LEAST = 28, 7, 200
NEW_FRAUD, HOLIDAYS = 45, (56, 57)
RULES = {"least": 3, "of": 5, "cooldown": 7, "grounds": ["features", "labels"]}
GATE = {
    "review": 5.0,
    "least_frauds": 30,
    "least_segment": 200,
    "tolerance": 0.5,
    "resamples": 500,
    "seed": 0,
}
Pieces = Mapping[str, Callable[..., Any]]


def clock(day: int, hour: int) -> str:
    """Return the time of an hour of a day, as a text with its zone."""
    return (datetime(2026, 3, 1, hour, tzinfo=UTC) + timedelta(days=day)).isoformat()


def alerts_of(model: dict[str, Any], rows: pd.DataFrame) -> pd.DataFrame:
    """Return the payments with what the model says of each: `payment` and `alert`."""
    alert = score(model, rows) >= model["level"]
    return pd.DataFrame({"payment": rows["payment"].to_numpy(), "alert": alert})


def play(
    truth: pd.DataFrame,
    pieces: Pieces,
    *,
    retrain: bool = True,
    rules: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Play the days FIRST to LAST and return what happened.

    `pieces` has day_values, calibrate, moved, decide, material, gate, promote and live_at. The
    result: `days` (a frame: day, version in charge, alerts, euros of fraud and euros caught), `log`
    (the decisions), `gates` (day and what the gate said), `moves`, `models` (by version).
    """
    rules = {**RULES, "holidays": list(HOLIDAYS), **(rules or {})}
    learned = as_known(truth, TRAIN - 1 + DELAY)
    models = {1: fit(learned[learned["day"] < TRAIN])}
    bounds = {1: _bounds(models[1], learned[learned["day"] < TRAIN], pieces)}
    first = pieces["promote"]([], "champion", 1, None, clock(FIRST - 1, 23), "team", "the first")
    moves, log, gates, days = first["moves"], [], [], []
    for day in range(FIRST, LAST + 1):
        version = pieces["live_at"](moves, "champion", clock(day, 6))
        days.append(_day(truth[truth["day"] == day], day, version, models[version]))
        known = as_known(truth, day)
        lately = known[known["day"] > day - 2 * DELAY]
        lately = lately.assign(score=score(models[version], lately))
        values = pieces["day_values"](lately, models[version]["level"], day, DELAY)
        moved = pieces["moved"](values, bounds[version], day, DELAY, LEAST)
        log = pieces["decide"](log, day, moved, rules)
        if not (retrain and log[-1]["retrain"]):
            continue
        parts = pieces["material"](known, day, TRAIN, TEST, DELAY)
        new = max(models) + 1
        models[new] = fit(parts["train"])
        bounds[new] = _bounds(models[new], parts["train"], pieces)
        week = parts["test"]
        said = pieces["gate"](
            week, alerts_of(models[version], week), alerts_of(models[new], week), GATE
        )
        gates.append({"day": day, "challenger": new, **said})
        if said["verdict"] == "promote":
            told = pieces["promote"](
                moves, "champion", new, version, clock(day, 23), "night", said["why"]
            )
            moves = told["moves"]
    return {
        "days": pd.DataFrame(days),
        "log": log,
        "gates": gates,
        "moves": moves,
        "models": models,
    }


def _bounds(model: dict[str, Any], days: pd.DataFrame, pieces: Pieces) -> dict[str, Any]:
    scored = days.assign(score=score(model, days))
    known = int(days["day"].max()) + DELAY
    found: dict[str, Any] = pieces["calibrate"](scored, model["level"], known, DELAY, 1.0)
    return found


def _day(rows: pd.DataFrame, day: int, version: int, model: dict[str, Any]) -> dict[str, Any]:
    alert = score(model, rows) >= model["level"]
    fraud, amount = rows["is_fraud"].to_numpy() == 1, rows["amount"].to_numpy()
    # Whoever looks at as many payments by their amount alone.
    largest = np.argsort(-amount, kind="stable")[: int(alert.sum())]
    return {
        "day": day,
        "version": version,
        "alerts": int(alert.sum()),
        "fraud": float(amount[fraud].sum()),
        "caught": float(amount[fraud & alert].sum()),
        "caught_by_amount": float(amount[largest][fraud[largest]].sum()),
    }
