"""Make payments.csv and serving_log.csv, with what is wrong in the log; run once, never released.

python hidden_plant.py, in this folder.
"""

import math
import random
from pathlib import Path

import pandas as pd
from definitions import DEFINITIONS, suspects
from hidden_reference import due

from projects.fraud.scenarios import FraudConfig
from projects.fraud.simulation import SimulationConfig, simulate

FIRST_DAY = pd.Timestamp("2025-10-08", tz="UTC")
SKEWS = {
    "terminal_payments_30m": ("2025-10-20", "present counted"),
    "card_spend_24h": ("2025-10-15", "clock four hours behind"),
}
SEED = 0x5A7E_11D9_03C4_6F82_B1E5_7702
NOISE = 0.02


def payments() -> pd.DataFrame:
    """Return three weeks of a small world under the lab's column names."""
    fraud = FraudConfig(terminals_per_day=0.1, cards_per_day=0.1)
    config = SimulationConfig(customers=45, terminals=5, days=21, radius=100, fraud=fraud)
    made = simulate(config, 3)
    start = int(FIRST_DAY.timestamp())
    return pd.DataFrame(
        {
            "event_id": [f"p{number:05d}" for number in made["TRANSACTION_ID"]],
            "card": [f"card-{number:02d}" for number in made["CUSTOMER_ID"]],
            "terminal": [f"terminal-{number}" for number in made["TERMINAL_ID"]],
            "at": start + made["TX_TIME_SECONDS"],
            "amount": made["TX_AMOUNT"].round(2),
            "fraud": made["TX_FRAUD"],
        }
    )


def serving_log(frame: pd.DataFrame) -> pd.DataFrame:
    """Return what was served for each payment, with noise, retries, tests and two mistakes."""
    rng = random.Random(SEED)
    events = frame.to_dict("records")
    rows = []
    for payment in events:
        if rng.random() < 0.01:  # never logged
            continue
        row = {name: payment[name] for name in ("event_id", "card", "terminal")}
        row["at"] = _text(payment["at"], payment["terminal"])
        for name, right in DEFINITIONS.items():
            since, cause = SKEWS.get(name, ("2099-01-01", ""))
            skewed = payment["at"] >= pd.Timestamp(since, tz="UTC").timestamp()
            definition = suspects(right)[cause] if skewed else right
            row[name] = _noisy(rng, due(definition, events, payment[right["key"]], payment["at"]))
        rows.append(row)
        if rng.random() < 0.005:  # the caller timed out and asked again
            rows.append(dict(row))
        if rng.random() < 0.006:  # somebody tests in production
            test = {"event_id": f"t{len(rows)}", "card": "card-test", "terminal": "terminal-0"}
            rows.append({**row, **test})
    return pd.DataFrame(rows)


def _text(at: int, terminal: str) -> str:
    moment = pd.Timestamp(at, unit="s", tz="UTC")
    if terminal in ("terminal-3", "terminal-4"):
        return moment.tz_convert("America/New_York").isoformat()
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _noisy(rng: random.Random, value: float) -> float:
    # An event that came late was in history in the morning, but not yet online.
    if rng.random() < NOISE and not math.isnan(value) and value > 0:
        return round(value * 0.5, 2)
    return value


if __name__ == "__main__":
    made = payments()
    assert not made.duplicated(["card", "at"]).any()
    here = Path(__file__).parent
    made.to_csv(here / "payments.csv", index=False, lineterminator="\n")
    log = serving_log(made)
    columns = ["event_id", "card", "terminal", "at", *DEFINITIONS]
    log[columns].to_csv(here / "serving_log.csv", index=False, lineterminator="\n")
    print(len(made), len(log))
