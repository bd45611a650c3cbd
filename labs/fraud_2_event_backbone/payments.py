"""Two days of card payments as it arrives: two versions of an event, late ones, broken ones.

The payments are those of `projects.fraud.simulation`; what is done to them here is what happens
between a terminal and a topic.
"""

import json
import zlib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import numpy as np

from projects.fraud.simulation import SimulationConfig, simulate

WORLD = SimulationConfig(customers=120, terminals=80, days=2, radius=15, start=datetime(2026, 3, 1))
# Terminals write the time of their own place.
ZONES = [timezone(timedelta(hours=hours)) for hours in (0, 1, 2, -5)]


def version_1(one: dict[str, Any], zone: timezone = UTC) -> dict[str, Any]:
    """Return a payment as version 1 writes it: the amount is a text, in euros."""
    return {
        "version": 1,
        "transaction_id": one["transaction_id"],
        "at": one["at"].astimezone(zone).isoformat(),
        "customer_id": one["customer_id"],
        "terminal_id": one["terminal_id"],
        "amount": f"{one['amount_cents'] // 100}.{one['amount_cents'] % 100:02d}",
    }


def version_2(one: dict[str, Any], zone: timezone = UTC) -> dict[str, Any]:
    """Return a payment as version 2 writes it: the amount is a whole number of cents."""
    same = {name: value for name, value in version_1(one, zone).items() if name != "amount"}
    return {**same, "version": 2, "amount_cents": one["amount_cents"], "currency": "EUR"}


def written(event: dict[str, Any]) -> bytes:
    """Return an event as a record's value; what is None is left out."""
    return json.dumps({name: value for name, value in event.items() if value is not None}).encode()


def days(seed: int, most: int = 300) -> list[dict[str, Any]]:
    """Return records of two days, in order of arrival.

    Each is a dict: `arrived` (seconds since 1970), `card` (the key, a text) and `value` (bytes).
    One in ten arrives hours late; one in a hundred breaks the contract, in one way or another.
    """
    rng = np.random.default_rng(seed)
    table = simulate(WORLD, seed)
    records = []
    # Evenly chosen, so that few of them still fill both days.
    for row in table.iloc[np.linspace(0, len(table) - 1, most).astype(int)].itertuples():
        one = {
            "transaction_id": int(row.TRANSACTION_ID),
            "at": row.TX_DATETIME.to_pydatetime().replace(tzinfo=UTC),
            "customer_id": int(row.CUSTOMER_ID),
            "terminal_id": int(row.TERMINAL_ID),
            "amount_cents": round(row.TX_AMOUNT * 100),
        }
        zone = ZONES[int(rng.integers(len(ZONES)))]
        event = version_1(one, zone) if rng.random() < 0.4 else version_2(one, zone)
        late = float(rng.exponential(4 * 3600)) if rng.random() < 0.1 else 0.0
        value = written(event)
        if rng.random() < 0.01:
            value = broken(event, int(rng.integers(3)))
        arrived = one["at"].timestamp() + late + float(rng.exponential(2))
        records.append({"arrived": arrived, "card": str(one["customer_id"]), "value": value})
    return sorted(records, key=lambda record: record["arrived"])


def broken(event: dict[str, Any], way: int) -> bytes:
    """Return a record's value that breaks the contract."""
    if way == 0:
        return written(event)[:-7]
    if way == 1:
        return written({**event, "at": event["at"][:19]})
    return written({**event, "terminal_id": None})


def partition_of(card: str, partitions: int) -> int:
    """Return the partition of a card when no broker deals them out."""
    return zlib.crc32(card.encode()) % partitions


def on_paper(records: list[dict[str, Any]], partitions: int) -> dict[int, list[dict[str, Any]]]:
    """Return what a log with so many partitions has of the records, each with its offset."""
    found: dict[int, list[dict[str, Any]]] = {number: [] for number in range(partitions)}
    for one in records:
        place = found[partition_of(one["card"], partitions)]
        place.append(
            {
                "offset": len(place),
                "key": one["card"].encode(),
                "value": one["value"],
                "arrived": one["arrived"],
            }
        )
    return found
