"""Ship the chain: a good release of the scorer and a bad one, judged by its own decisions."""

from typing import Any

import numpy as np

Story = dict[str, Any]
LIMITS = {"looks": [24, 72, 168], "least": 300, "chance": 0.01}
RELEASE = {"live": "blue", "new": "green", "expands": True, "removes": False}
# What a thousand payments an hour take of the CPU, in thousandths of a core.
WORK = 1_500
DIGEST = "sha256:" + "7c" * 32
PLAN = {
    "name": "fraud-desk",
    "image": f"registry.example/fraud@{DIGEST}",
    "port": 8000,
    "user": 10001,
    "cpu": "250m",
    "memory": "1Gi",
    "least": 2,
    "most": 10,
    "target": 60,
    "live": "/health/live",
    "ready": "/health/ready",
    "start": 60,
    "drain": 20,
    "propagation": 5,
}
POLICY = {
    "platforms": ["linux/amd64", "linux/arm64"],
    "severities": ["CRITICAL"],
    "exceptions": [],
}


def ship(story: Story) -> dict[str, Any]:
    """Judge two releases by the week's decisions, scale by its traffic, and plan the way there."""
    import ship as s

    decided = story["decided"]
    alerts = decided["alert"].to_numpy(bool)
    hours = ((decided["at"] - decided["at"].min()) // 3600).to_numpy()
    canary = (decided["card"] % 10 == 0).to_numpy()
    # All versions fail now and then; the bad one also when it has an alert to explain, and more.
    unlucky = np.arange(len(decided)) % 200 == 0
    worse = alerts | (np.arange(len(decided)) % 20 == 3)
    verdicts, judged = {}, {}
    for name, broken in (("good", unlucky), ("bad", unlucky | (worse & canary))):
        rows = [
            {
                "minute": int(hour),
                "track": track,
                "requests": int((mine & (hours == hour)).sum()),
                "errors": int((mine & broken & (hours == hour)).sum()),
                "slow": 0,
            }
            for track, mine in (("canary", canary), ("stable", ~canary))
            for hour in np.unique(hours)
        ]
        verdicts[name] = s.verdict(rows, LIMITS["looks"][-1], LIMITS)["verdict"]
        judged[name] = sum(row["requests"] for row in rows)
    found = s.manifests(PLAN)
    traffic = np.repeat(np.bincount(hours[hours < 24]), 240)
    pods = s.autoscale((traffic * WORK // 100).tolist(), 250, found["hpa"], PLAN["least"])
    half = {"manifests": [{"digest": DIGEST, "platform": {"os": "linux", "architecture": "amd64"}}]}
    steps = s.pipeline("1.5.0")
    return {
        "verdicts": verdicts,
        "judged": judged,
        "pods": [min(pods), max(pods)],
        "gate": s.scan_gate(half, {DIGEST: {"Results": []}}, POLICY, "2026-06-01")["problems"],
        "move": s.handover(RELEASE),
        "nothing_to_undo": s.way_back(RELEASE, []),
        "builds": sum(step["run"].startswith("build") for step in steps.values()),
        "shipped": found["deployment"]["spec"]["template"]["spec"]["containers"][0]["image"],
    }
