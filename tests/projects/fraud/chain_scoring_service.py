"""Play the streaming scorer: a week with poison, an outage and crashes, and its desk."""

import asyncio
from typing import Any

import numpy as np

Story = dict[str, Any]
PAYMENTS, SEED = 3_000, 20_261
# Every so many operations of the log a process dies.
LIVES = (3, 400, 41, 900, 150, 7, 1_500)
OUTAGE, POISON = range(100, 140), (50, 51, 700)
BEGIN = 1_788_220_800


def scoring_service(story: Story) -> dict[str, Any]:
    """Decide the first payments of the week with a small model, through a log that crashes."""
    import baseline as b
    import scoring_service as s
    from scoring_service_world import MODEL, arrivals, batch_seconds

    payments, labels, risks = _payments(story)
    once = _streamed(payments, risks, (), {})
    again = _streamed(payments, risks, LIVES, {})
    poisoned = _streamed(payments, risks, LIVES, {n: b"{" + b"?" * n for n in POISON})
    decisions = once["decisions"]
    scores = np.array([decisions[one["id"]]["score"] for one in payments])
    amounts = np.array([one["cents"] for one in payments])

    due = arrivals(SEED, 240, 8)
    ways = [(1, 0.0), (8, 0.0), (8, 0.02), (32, 0.0), (32, 0.3)]
    seconds = batch_seconds(32)
    alone = s.p95(due, s.decided(due, 1, 0.0, seconds), 2.0)
    return {
        "payments": len(payments),
        "decided": len(decisions),
        "same_bytes_after_crashes": once["bytes"] == again["bytes"],
        "crashes": again["crashes"],
        "dead": [len(one["dead"]) for one in (once, again, poisoned)],
        "put_back": poisoned["put_back"],
        "decided_after_repair": len(poisoned["decisions"]),
        "retried": once["retried"],
        "average_precision": b.average_precision(labels, scores),
        "average_precision_by_amount": b.average_precision(labels, amounts),
        "desk": _desk(list(decisions.values())),
        "alerts": sum(one["score"] >= MODEL["threshold"] for one in decisions.values()),
        "p95_alone": alone,
        "p95": s.choose(due, seconds, ways, 0.15, 2.0)["p95"],
    }


def _payments(story: Story) -> tuple[list[dict[str, Any]], np.ndarray, dict[int, float]]:
    week = story["week"]
    rows = story["transactions"].loc[week.index].sort_values("TX_TIME_SECONDS", kind="stable")
    first = rows.head(PAYMENTS)
    payments = [
        {
            "id": f"t{row.TRANSACTION_ID}",
            "card": int(row.CUSTOMER_ID),
            "at": BEGIN + int(row.TX_TIME_SECONDS),
            "cents": max(1, round(100 * row.TX_AMOUNT)),
            "terminal": int(row.TERMINAL_ID),
        }
        for row in first.itertuples()
    ]
    known = story["features"].loc[first.index]
    risks = dict(zip(known["TERMINAL_ID"], known["TERMINAL_ID_RISK_7DAY_WINDOW"], strict=True))
    return payments, first["TX_FRAUD"].to_numpy(), risks


def _streamed(
    payments: list[dict[str, Any]],
    risks: dict[int, float],
    lives: tuple[int, ...],
    broken: dict[int, bytes],
) -> dict[str, Any]:
    import json

    import scoring_service as s
    from scoring_service_logs import Crash, MemoryLog
    from scoring_service_world import MODEL, Unavailable, to_bytes

    log, crashes = MemoryLog(batch=50), 0
    mended = {}
    for number, one in enumerate(payments):
        value = broken.get(number, to_bytes(one))
        mended[value] = to_bytes(one)
        log.put("payments", str(one["card"]).encode(), value, {})
    away = {payments[number]["terminal"] for number in OUTAGE}

    def process(crash: int) -> None:
        asked: set[int] = set()

        def ask(terminal: int) -> float:
            # The first question about each of these finds nobody, in every process.
            if terminal in away and terminal not in asked:
                asked.add(terminal)
                raise Unavailable("the store does not answer")
            return float(risks[terminal])

        s.work(log.restart(crash, "arrives" if crash % 2 else "lost"), s.make_handle(MODEL, ask, 3))

    for crash in (*lives, 0):
        try:
            process(crash)
        except Crash:
            crashes += 1
    dead = log.read("dead")
    put_back = s.replay(log.restart(), mended.get)
    process(0)
    told = sorted(record["value"] for record in log.read("decisions"))
    found = [json.loads(value) for value in told]
    return {
        "bytes": told,
        "decisions": {one["payment"]: one for one in found},
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
