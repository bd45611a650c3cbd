"""The chain's step of the event backbone: payments go through log, contract, files and back."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pandas as pd

BLOCK, PARTITIONS = 1_000, 3
POISON = (b"{}", b"\xff", b'{"version": 1, "at": "2026-01-01T00:00:00"}')
WISHES = {
    "brokers": 3,
    "losses": 1,
    "topics": [
        {
            **{"name": "payments", "mean": 40, "peak": 200, "bytes": 200, "growth": 3},
            **{"consumer": 150, "keeps": "every event", "days": 7},
        }
    ],
}


def backbone(story: dict[str, Any]) -> dict[str, Any]:
    """Store all payments with a crash on the way, compact each day, and hold it to the log."""
    import backbone as b
    from backbone_lake import Clockwork, Crash, PaperBrokers, PaperLog, PaperStore, rows_in

    sold = story["sold"].sort_values("TX_TIME_SECONDS", kind="stable")
    log = _log(sold)
    plan = b.plan_topics(WISHES)
    brokers = PaperBrokers({}, {})
    made = b.ensure_topics(brokers, plan["topics"])["made"]
    files: dict[str, bytes] = {}
    commits: dict[int, int] = {}
    letters: list[dict[str, Any]] = []
    for breaks_before in (4, None):
        work = Clockwork(breaks_before)
        with suppress(Crash):
            paper = PaperLog("payments", work, log, commits, letters)
            b.take_in(paper, PaperStore(work, files), BLOCK, b.read_payment)
    store = PaperStore(Clockwork(), files)
    days = sorted({name.split("/")[1].removeprefix("day=") for name in files})
    before = sum(len(b.live_files(store, "payments", day)) for day in days)
    for day in days:
        b.compact(store, "payments", day, commits)
    live = [name for day in days for name in b.live_files(store, "payments", day)]
    rows = [row for name in live for row in rows_in(files[name])]
    told = b.reconcile(
        {number: [0, len(records)] for number, records in log.items()},
        [[row["partition"], row["offset"]] for row in rows],
        [[letter["partition"], letter["offset"]] for letter in letters],
    )
    story["raw"] = pd.DataFrame(rows)
    return {
        "made": made,
        "again": b.ensure_topics(brokers, plan["topics"])["as_planned"],
        "lost": sum(len(one["lost"]) for one in told.values()),
        "twice": sum(len(one["twice"]) for one in told.values()),
        "letters": sum(one["letters"] for one in told.values()),
        "ids_are_those_sold": {row["transaction_id"] for row in rows}
        == set(sold["TRANSACTION_ID"]),
        "rows": len(rows),
        "sold": len(sold),
        "cents": sum(row["amount_cents"] for row in rows),
        "cents_sold": int((sold["TX_AMOUNT"] * 100).round().sum()),
        "days": days,
        "days_sold": sorted(sold["TX_DATETIME"].dt.strftime("%Y-%m-%d").unique()),
        "files": [before, len(live)],
    }


def _log(sold: pd.DataFrame) -> dict[int, list[dict[str, Any]]]:
    """Return what a topic has of these payments, in two versions and the zones of terminals."""
    log: dict[int, list[dict[str, Any]]] = {number: [] for number in range(PARTITIONS)}
    values = []
    for number, row in enumerate(sold.itertuples()):
        zone = timezone(timedelta(hours=number % 5 - 2))
        at: datetime = row.TX_DATETIME.to_pydatetime().replace(tzinfo=UTC).astimezone(zone)
        told = {
            "transaction_id": row.TRANSACTION_ID,
            "customer_id": row.CUSTOMER_ID,
            "terminal_id": row.TERMINAL_ID,
            "at": at.isoformat(),
        }
        if number % 2:
            told |= {"version": 1, "amount": f"{row.TX_AMOUNT:.2f}"}
        else:
            told |= {"version": 2, "amount_cents": round(row.TX_AMOUNT * 100)}
        values.append((row.CUSTOMER_ID % PARTITIONS, json.dumps(told).encode()))
    values[10:10] = [(number % PARTITIONS, value) for number, value in enumerate(POISON)]
    for partition, value in values:
        place = log[partition]
        place.append({"offset": len(place), "key": None, "value": value, "arrived": 0.0})
    return log
