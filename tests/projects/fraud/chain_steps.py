"""Play the milestones' official answers as one system, one step each.

Run it in a folder that holds the modules: `python chain_steps.py LAB …` prints the figures of each
lab's step as JSON. A step gets what the steps before it left, and leaves something itself.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from chain_backbone import backbone
from chain_retrain import retrain
from chain_scoring_service import scoring_service
from chain_ship import ship

from projects.fraud.features import add_features
from projects.fraud.scenarios import FraudConfig
from projects.fraud.simulation import SimulationConfig, simulate

# A seed of its own: no lab's and no proof's.
SEED = 20_261
WORLD = SimulationConfig(
    customers=1_000,
    terminals=500,
    days=42,
    radius=8,
    fraud=FraudConfig(terminals_per_day=0.5, cards_per_day=0.25),
)
PAST, PRESENT, WEEK = 7, 21, 7
TODAY = "2026-06-01"
CALLS, REVIEW, BINS = 20, 5.0, 10
# What undersampling genuine payments does to the odds of fraud.
TILT = 40
# The promise of operation, at so many payments a second, and when (second, for how long) it breaks.
OBJECTIVE, TARGET, RATE, STANDS_STILL = 0.15, 0.99, 200, (3_000.0, 600.0)
Story = dict[str, Any]


def simulated() -> Story:
    """Begin with six weeks of payments as they came, and with all features of the project."""
    transactions = simulate(WORLD, SEED)
    return {"transactions": transactions, "features": add_features(transactions)}


def scaffold(story: Story) -> dict[str, Any]:
    """Keep the modules of this chain in a repository that refuses what must not go in."""
    import scaffold as s

    with tempfile.TemporaryDirectory() as folder:
        modules = {f"shop/{path.name}": path.read_text() for path in sorted(Path().glob("*.py"))}
        s.start_repository(folder, modules)
        careless = s.try_commit(folder, "put things in", [], TODAY)
        committed = s.try_commit(folder, "feat: begin with what there is", [], TODAY)
        key = "AKIA" + "Q7X2" * 4
        s.start_repository(folder, {"shop/keys.py": f'KEY = "{key}"\n'})
        leaking = s.try_commit(folder, "feat: call the bank", [], TODAY)
        asked = ["git", "-C", folder, "rev-parse", "HEAD"]
        revision = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    story["revision"] = revision
    return {
        "careless": [problem["rule"] for problem in careless["problems"]],
        "committed": committed,
        "leaking": leaking["findings"],
        "shows_the_key": key in json.dumps(leaking),
        "revision": revision,
    }


def features(story: Story) -> dict[str, Any]:
    """Work out windows in batch and on the stream, and hold both to those of the project."""
    import features as f

    transactions = story["transactions"].sort_values("TX_TIME_SECONDS", kind="stable").head(6_000)
    due = story["features"].loc[transactions.index]
    events = pd.DataFrame(
        {
            "event_id": transactions["TRANSACTION_ID"],
            "at": transactions["TX_TIME_SECONDS"],
            "card": transactions["CUSTOMER_ID"],
            "amount": transactions["TX_AMOUNT"],
        }
    )
    # One second less than a day: the project's windows are open on the left, these are closed.
    day = {"key": "card", "window": 86_399, "tile": 1, "delay": 0, "present": True}
    found: dict[str, Any] = {}
    for aggregate, value, column in (
        ("count", None, "CUSTOMER_ID_NB_TX_1DAY_WINDOW"),
        ("mean", "amount", "CUSTOMER_ID_AVG_AMOUNT_1DAY_WINDOW"),
    ):
        definition = {"name": f"card_{aggregate}_1d", "aggregate": aggregate, "value": value, **day}
        state, streamed = None, []
        # A second at a time: whoever asks within it sees all of it, as the batch does.
        for at, rows in events.groupby("at", sort=True):
            state, _ = f.feed(definition, 0, state, rows.to_dict("records"))
            streamed += [f.ask(definition, state, card, at) for card in rows["card"]]
        batch = f.batch(definition, events, events)
        found[aggregate] = {
            "wrong_fields": f.problems(definition),
            "batch_from_the_projects": float(np.abs(np.array(batch) - due[column]).max()),
            "stream_from_batch": float(np.abs(np.array(streamed) - np.array(batch)).max()),
        }
    return found


def baseline(story: Story) -> dict[str, Any]:
    """Train on one week, measure on another that waited for its labels, register the model."""
    import baseline as b

    transactions, features = story["transactions"], story["features"]
    weeks = {}
    for name, start in (("past", PAST), ("present", PRESENT)):
        train, test = b.time_split(transactions, start, WEEK, WEEK, WEEK)
        seen, asked = features.loc[train.index], features.loc[test.index]
        scores = b.fraud_scores(seen, asked.drop(columns="TX_FRAUD"))
        weeks[name] = (train, asked, asked["TX_FRAUD"].to_numpy(), scores)
    _, last_week, labels_before, scores_before = weeks["past"]
    train, week, labels, scores = weeks["present"]
    amounts = week["TX_AMOUNT"].to_numpy()

    tilted, tilted_before = _tilted(scores), _tilted(scores_before)
    probabilities = b.calibrate(tilted_before, labels_before, tilted)
    even = len(labels) // BINS * BINS
    level = b.cheapest_threshold(
        labels_before,
        b.calibrate(tilted_before, labels_before, tilted_before),
        last_week["TX_AMOUNT"].to_numpy(),
        REVIEW,
    )
    b.promote(b.register(train, story["revision"]))
    story |= {"week": week, "labels": labels, "probabilities": probabilities, "level": level}
    risk = b.terminal_risk(transactions, WEEK, WEEK)
    return {
        "first_test_day": int(week["TX_TIME_DAYS"].min()),
        "last_train_day": int(train["TX_TIME_DAYS"].max()),
        "risk_is_the_projects": bool(
            np.allclose(risk["RISK"], features["TERMINAL_ID_RISK_7DAY_WINDOW"])
            and np.allclose(risk["NB_TX"], features["TERMINAL_ID_NB_TX_7DAY_WINDOW"])
        ),
        "average_precision": b.average_precision(labels, scores),
        "average_precision_by_amount": b.average_precision(labels, amounts),
        "card_precision": b.card_precision(week, scores, CALLS),
        "card_precision_by_amount": b.card_precision(week, amounts, CALLS),
        "error_tilted": b.calibration_error(labels[:even], tilted[:even], BINS),
        "error_calibrated": b.calibration_error(labels[:even], probabilities[:even], BINS),
        "level": level,
        "cost": _cost(labels, probabilities >= level, amounts),
        "cost_of_no_alert": _cost(labels, probabilities > 1, amounts),
        "cost_of_one_half": _cost(labels, tilted >= 0.5, amounts),
        "champion": b.champion(),
        "hash_of_shuffled": b.data_hash(train.sample(frac=1, random_state=0)),
    }


def operate(story: Story) -> dict[str, Any]:
    """Watch the decisions twice: when all is well, and when the scorer stands still."""
    import operate as o
    from operate_server import make_service, serve
    from prometheus_client.parser import text_string_to_metric_families

    service = make_service(SEED)
    choices = {"workers": [1, 2], "batch": [1, 8], "wait": [0.0, 0.01]}
    chosen = o.plan(service, RATE, choices, range(100, 1_000, 100), OBJECTIVE, 12, 4)
    alerts = story["probabilities"] >= story["level"]
    due = np.arange(len(alerts), dtype=float)
    found: dict[str, Any] = {"p95": chosen["p95"], "headroom": chosen["headroom"]}
    for name, pause in (("well", None), ("still", STANDS_STILL)):
        done = serve(due, service | {"pause": pause}, chosen)
        # What the scorer dropped was decided long after its promise.
        late = np.where(np.isnan(done), due + 60, done)
        minute = (due // 60).astype(int)
        bad = np.bincount(minute, weights=late - due > OBJECTIVE)
        states = o.alert_states(
            bad, np.bincount(minute).astype(float), TARGET, [(14.4, 60, 5, "page")], 5, 10
        )
        found[f"pages_when_{name}"] = [first for first, _, what in o.episodes(states)]
    events = [
        {"card": 0, "due": 1000 * at, "done": 1000 * at + 20, "alert": bool(alert), "error": None}
        for at, alert in zip(due, alerts, strict=True)
    ]
    exposed = o.exposition(events, OBJECTIVE, 0.0, {0: 0})
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(exposed)
        for sample in family.samples
    }
    board = o.dashboard("fraud-scorer", OBJECTIVE, TARGET)
    return found | {
        "alerts": int(alerts.sum()),
        "alerts_exposed": samples["fraud_decisions_total", "yes"],
        "faults_of_the_dashboard": o.lint(board, exposed, []),
    }


def _tilted(scores: np.ndarray) -> np.ndarray:
    return TILT * scores / (1 - scores + TILT * scores)


def _cost(labels: np.ndarray, alerts: np.ndarray, amounts: np.ndarray) -> float:
    return float(REVIEW * alerts.sum() + amounts[(labels == 1) & ~alerts].sum())


STEPS: dict[str, Callable[[Story], dict[str, Any]]] = {
    "fraud_1_scaffold": scaffold,
    "fraud_2_event_backbone": backbone,
    "fraud_3_baseline_model": baseline,
    "fraud_4_features": features,
    "fraud_5_scoring": scoring_service,
    "fraud_6_ship": ship,
    "fraud_7_operate": operate,
    "fraud_8_retrain": retrain,
}


def main(labs: list[str]) -> None:
    """Play the steps of `labs` in the order of the milestones."""
    story = simulated()
    print(json.dumps({lab: step(story) for lab, step in STEPS.items() if lab in labs}))


if __name__ == "__main__":
    main(sys.argv[1:])
