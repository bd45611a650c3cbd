"""Play the streaming scorer: a week with poison, an outage and crashes, and its desk."""

import asyncio
import json
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
from chain_features import ASKED_FOR, Online

Story = dict[str, Any]
# So many payments are decided again with crashes and poison; the whole week is decided once.
AGAIN, SEED = 2_000, 20_261
# Every so many operations of the log a process dies.
LIVES = (3, 400, 41, 900, 150, 7, 1_500)
OUTAGE, POISON = range(100, 140), (50, 51, 700)


def scoring_service(story: Story) -> dict[str, Any]:
    """Decide the week with the baseline's model, through a log that crashes."""
    import baseline as b
    import scoring_service as s
    from scoring_service_world import arrivals, batch_seconds

    week = story["week"].sort_values("at", kind="stable")
    payments = _payments(week)
    first = payments[:AGAIN]
    once = _streamed(story, payments, (), {})
    again = _streamed(story, first, LIVES, {})
    poisoned = _streamed(story, first, LIVES, {n: b"{" + b"?" * n for n in POISON})
    of_the_first = {one["id"] for one in first}
    told = pd.DataFrame(once["decisions"].values()).set_index("payment")
    decided = week.join(told[["score", "alert", "model"]], on="payment")
    decided["probability"] = b.calibrate(*story["calibrated_by"], decided["score"].to_numpy())
    story["decided"] = decided

    model = pd.DataFrame(
        {"score": story["scores"], "probability": story["probabilities"]}, story["week"].index
    ).loc[decided.index]
    due = arrivals(SEED, 240, 8)
    ways = [(1, 0.0), (8, 0.0), (8, 0.02), (32, 0.0), (32, 0.3)]
    seconds = batch_seconds(32)
    alone = s.p95(due, s.decided(due, 1, 0.0, seconds), 2.0)
    return {
        "payments": len(payments),
        "decided": len(once["decisions"]),
        "undecided": int(decided["score"].isna().sum()),
        "models": sorted(set(decided["model"])),
        "served": sorted(next(iter(once["features"].values()))),
        "features_from_offline": _from_offline(story, once["features"]),
        "scores_from_the_models": float((decided["score"] - model["score"]).abs().max()),
        "probabilities_from_the_models": float(
            (decided["probability"] - model["probability"]).abs().max()
        ),
        "alerts": int(decided["alert"].sum()),
        "alerts_that_differ": int(
            (decided["alert"] != (model["probability"] >= story["level"])).sum()
        ),
        "same_bytes_after_crashes": again["bytes"]
        == [one for one in once["bytes"] if json.loads(one)["payment"] in of_the_first],
        "crashes": again["crashes"],
        "dead": [len(one["dead"]) for one in (once, again, poisoned)],
        "put_back": poisoned["put_back"],
        "repaired_as_in_time": [
            poisoned["decisions"].get(one) == once["decisions"][one]
            for one in (payments[number]["id"] for number in POISON)
        ],
        "decided_again": [len(one["decisions"]) for one in (again, poisoned)],
        "retried": once["retried"],
        "desk": _desk(list(once["decisions"].values())),
        "p95_alone": alone,
        "p95": s.choose(due, seconds, ways, 0.15, 2.0)["p95"],
    }


def _payments(week: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "id": row.payment,
            "card": int(row.card),
            "at": int(row.at),
            "cents": round(100 * row.amount),
            "terminal": int(row.terminal),
        }
        for row in week.itertuples()
    ]


def _from_offline(story: Story, served: dict[str, dict[str, float]]) -> float:
    """Return by how much what the scorer reckoned with differs from what the model learned on."""
    week = story["week"].set_index("payment")
    found = pd.DataFrame.from_dict(served, orient="index").loc[week.index]
    return float(np.abs(found - week[found.columns]).max().max())


def _streamed(
    story: Story,
    payments: list[dict[str, Any]],
    lives: tuple[int, ...],
    broken: dict[int, bytes],
) -> dict[str, Any]:
    import scoring_service as s
    from scoring_service_logs import Crash, MemoryLog
    from scoring_service_world import Unavailable, to_bytes

    log, crashes = MemoryLog(batch=50), 0
    mended = {}
    for number, one in enumerate(payments):
        value = broken.get(number, to_bytes(one))
        mended[value] = to_bytes(one)
        log.put("payments", str(one["card"]).encode(), value, {})
    away = {payments[number]["terminal"] for number in OUTAGE}
    served: dict[str, dict[str, float]] = {}

    def process(crash: int) -> None:
        asked: set[int] = set()
        online = Online(story["backfilled"])

        def take(windows: Online, payment: dict[str, Any]) -> dict[str, float]:
            found = windows.take(payment)
            served[payment["id"]] = {**found, ASKED_FOR: windows.risk(payment["terminal"])}
            return found

        def ask(terminal: int) -> float:
            # The first question about each of these finds nobody, in every process.
            if terminal in away and terminal not in asked:
                asked.add(terminal)
                raise Unavailable("the store does not answer")
            return online.risk(terminal)

        # The windows that the milestone gives know three features; the fourth's know them all.
        with patch.multiple(s, new_windows=lambda: online, take=take):
            handle = s.make_handle(story["model"], ask, 3)
            s.work(log.restart(crash, "arrives" if crash % 2 else "lost"), handle)

    for crash in (*lives, 0):
        try:
            process(crash)
        except Crash:
            crashes += 1
    dead = log.read("dead")
    put_back = s.replay(log.restart(), mended.get)
    if put_back:
        process(0)
    told = sorted(record["value"] for record in log.read("decisions"))
    found = [json.loads(value) for value in told]
    return {
        "bytes": told,
        "decisions": {one["payment"]: one for one in found},
        "features": served,
        "dead": dead,
        "crashes": crashes,
        "put_back": len(put_back),
        "retried": len(log.read("retry")),
    }


def _desk(decisions: list[dict[str, Any]]) -> dict[str, Any]:
    import httpx
    import scoring_service as s

    store = {"alerts": [one for one in decisions if one["alert"]], "feedback": []}
    keys: dict[str, Any] = {}
    headers = {"X-API-Key": s.issue_key(keys, "ana", "Ana", ["read", "feedback"], 1_000)}
    app = s.make_app(store, keys, lambda: 0.0)

    async def asked() -> dict[str, Any]:
        shown: list[dict[str, Any]] = []
        way, link = httpx.ASGITransport(app=app), ""
        async with httpx.AsyncClient(transport=way, base_url="http://desk") as client:
            while link is not None:
                path = f"/alerts?limit=50{link and '&after=' + link}"
                page = (await client.get(path, headers=headers)).json()
                shown += page["alerts"]
                link = page["next"]
            path = f"/alerts/{shown[0]['id']}/feedback"
            for _ in range(2):
                await client.post(path, json={"verdict": "fraud"}, headers=headers)
            stranger = await client.get("/alerts", headers={"X-API-Key": "ana.guess"})
        scores = [one["score"] for one in shown]
        return {
            "shown": len({one["id"] for one in shown}),
            "falling": scores == sorted(scores, reverse=True),
            "feedback": len(store["feedback"]),
            "stranger": stranger.status_code,
        }

    return asyncio.run(asked())
