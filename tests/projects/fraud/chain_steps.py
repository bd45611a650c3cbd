"""Play the milestones' official answers as one system, one step each.

Run it in a folder that holds the modules: `python chain_steps.py` prints the figures of each lab's
step as JSON, and those of the whole. A step works on what the steps before it left; what was sold
serves as a measure alone, once the intake has it.
"""

import json
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from chain_backbone import backbone
from chain_baseline import CALLS, baseline, cost
from chain_features import features
from chain_retrain import retrain
from chain_scoring_service import scoring_service
from chain_ship import ship

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
TODAY = "2026-06-01"
# The promise of operation, at so many payments a second, and when (second, for how long) it breaks.
OBJECTIVE, TARGET, RATE, STANDS_STILL = 0.15, 0.99, 200, (3_000.0, 600.0)
WHOLE = "system"
Story = dict[str, Any]


def simulated() -> Story:
    """Begin with six weeks of payments as they were sold, and with what cards were charged back."""
    sold = simulate(WORLD, SEED).drop(columns="TX_FRAUD_SCENARIO")
    # A card pays once a second: of a pair the batch knows both, a stream that decides at once knows
    # one. And nobody pays nothing: milestone 5 refuses it.
    sold = sold.drop_duplicates(["CUSTOMER_ID", "TX_TIME_SECONDS"])
    sold = sold.assign(TX_AMOUNT=sold["TX_AMOUNT"].clip(lower=0.01))
    labels = zip(sold["TRANSACTION_ID"].tolist(), sold["TX_FRAUD"].tolist(), strict=True)
    return {"sold": sold, "chargebacks": dict(labels)}


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


def operate(story: Story) -> dict[str, Any]:
    """Watch the decisions twice: when all is well, and when the scorer stands still."""
    import operate as o
    from operate_server import make_service, serve
    from prometheus_client.parser import text_string_to_metric_families

    service = make_service(SEED)
    choices = {"workers": [1, 2], "batch": [1, 8], "wait": [0.0, 0.01]}
    chosen = o.plan(service, RATE, choices, range(100, 1_000, 100), OBJECTIVE, 12, 4)
    decided = story["decided"]
    due = np.arange(len(decided), dtype=float)
    found: dict[str, Any] = {"p95": chosen["p95"], "headroom": chosen["headroom"]}
    # The one that stands still comes first: what is exposed is the work of the other.
    for name, pause in (("still", STANDS_STILL), ("well", None)):
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
        {"card": card, "due": 1000 * at, "done": 1000 * end, "alert": bool(alert), "error": None}
        for card, alert, at, end in zip(decided["card"], decided["alert"], due, late, strict=True)
    ]
    exposed = o.exposition(events, OBJECTIVE, 0.0, {0: 0})
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(exposed)
        for sample in family.samples
    }
    board = o.dashboard("fraud-scorer", OBJECTIVE, TARGET)
    return found | {
        "exposed": [samples["fraud_decisions_total", alert] for alert in ("yes", "no")],
        "timed": samples["fraud_decision_seconds_count",],
        "seconds": samples["fraud_decision_seconds_sum",],
        "seconds_due": float((late - due).sum()),
        "faults_of_the_dashboard": o.lint(board, exposed, []),
    }


def caught(story: Story) -> dict[str, Any]:
    """Say what the scorer's decisions caught, beside who alerts on large amounts alone."""
    import baseline as b

    decided = story["decided"]
    labels, amounts = decided["fraud"].to_numpy(), decided["amount"].to_numpy()
    alerts = decided["alert"].to_numpy(bool)
    # As many alerts as the scorer has, so that the same people can look at them.
    large = amounts >= np.sort(amounts)[-alerts.sum()]
    return {
        "payments": len(decided),
        "frauds": int(labels.sum()),
        "frauds_caught": int(labels[alerts].sum()),
        "frauds_caught_by_amount": int(labels[large].sum()),
        "card_precision": b.card_precision(decided, decided["score"].to_numpy(), CALLS),
        "card_precision_by_amount": b.card_precision(decided, amounts, CALLS),
        "cost": cost(labels, alerts, amounts),
        "cost_by_amount": cost(labels, large, amounts),
        "cost_of_no_alert": cost(labels, alerts & False, amounts),
    }


# In the order in which the data flow: the baseline learns from the features.
STEPS: dict[str, Callable[[Story], dict[str, Any]]] = {
    "fraud_1_scaffold": scaffold,
    "fraud_2_event_backbone": backbone,
    "fraud_4_features": features,
    "fraud_3_baseline_model": baseline,
    "fraud_5_scoring": scoring_service,
    "fraud_6_ship": ship,
    "fraud_7_operate": operate,
    "fraud_8_retrain": retrain,
}


def main() -> None:
    """Play all steps, and look at what came of it."""
    story = simulated()
    print(json.dumps({name: step(story) for name, step in STEPS.items()} | {WHOLE: caught(story)}))


if __name__ == "__main__":
    main()
