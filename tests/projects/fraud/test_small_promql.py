"""The small PromQL that a lab gives decides as Prometheus does, where Prometheus is here."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from system_tools import said, tool

from autograder.chain.leaving import left_by

LAB = Path(__file__).parents[3] / "labs" / "fraud_7_operate"
MINUTES = (8, 20, 35, 50, 64, 70, 80, 89)
OBJECTIVE = {
    "name": "decision_latency",
    "histogram": "fraud_decision_seconds",
    "seconds": 0.15,
    "target": 0.99,
    "jobs": ["fraud-scorer", "fraud-canary", "fraud-nobody"],
    "burns": [
        {"factor": 14.4, "long": "1h", "short": "5m", "severity": "page"},
        {"factor": 5, "long": "1h", "short": "5m", "severity": "ticket"},
    ],
    "least_bad": 5,
    "runbook": "https://runbooks/decision_latency",
}
# Runs in the lab's folder, where the given files import one another.
DECIDE = """
import json, sys
import querying, traffic
from operate import alert_rules
asked = json.load(sys.stdin)
rules, series = alert_rules(asked["objective"]), traffic.series(asked["seed"])
moments = {minute: traffic.BEGIN + 60 * minute for minute in asked["minutes"]}
fired = {minute: querying.firing(rules, series, at) for minute, at in moments.items()}
json.dump({"rules": rules, "series": series, "fired": fired}, sys.stdout)
"""


def decided(folder: Path, seed: int) -> dict[str, Any]:
    """Give the reference answer's rules, what was scraped, and what fires by the small PromQL."""
    for name in ("promql.py", "querying.py", "server.py", "traffic.py"):
        shutil.copy(LAB / name, folder)
    for left in left_by(LAB):
        (folder / left.name).write_text(left.text)
    asked = {"objective": OBJECTIVE, "seed": seed, "minutes": MINUTES}
    done = subprocess.run(
        [sys.executable, "-c", DECIDE],
        cwd=folder,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def unit_tests(found: dict[str, Any], rules: str) -> dict[str, Any]:
    """Write as promtool's test that exactly what fired here fires there (YAML holds JSON)."""
    series = [
        {
            "series": f"{one['name']}{_braced(one['labels'])}",
            "values": " ".join(f"{value:.12g}" for _, value in one["samples"]),
        }
        for one in found["series"]
    ]
    names = sorted({rule["alert"] for group in found["rules"]["groups"] for rule in group["rules"]})
    due = [
        {
            "eval_time": f"{minute}m",
            "alertname": name,
            "exp_alerts": [{"exp_labels": one["labels"]} for one in fired if one["alert"] == name],
        }
        for minute, fired in found["fired"].items()
        for name in names
    ]
    one = {"interval": "1m", "input_series": series, "alert_rule_test": due}
    return {"rule_files": [rules], "evaluation_interval": "1m", "tests": [one]}


def _braced(labels: dict[str, str]) -> str:
    return "{" + ",".join(f'{name}="{text}"' for name, text in labels.items()) + "}"


@pytest.mark.parametrize("seed", [7, 90_210])
def test_what_fires_here_fires_there_and_nothing_else(tmp_path: Path, seed: int) -> None:
    promtool = tool("promtool", "prometheus")
    found = decided(tmp_path, seed)
    fired = [one["labels"] for of_minute in found["fired"].values() for one in of_minute]
    assert {one["job"] for one in fired} >= {"fraud-canary", "fraud-nobody"}
    assert {one["severity"] for one in fired} == {"page", "ticket"}
    for group in found["rules"]["groups"]:
        for rule in group["rules"]:
            # Words are not decided here.
            rule.pop("annotations", None)
    (tmp_path / "rules.yml").write_text(json.dumps(found["rules"]))
    (tmp_path / "tests.yml").write_text(json.dumps(unit_tests(found, "rules.yml")))
    said(promtool, "test", "rules", "tests.yml", folder=tmp_path)
