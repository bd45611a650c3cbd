"""Small things that the checks hold answers to: events, records, rows in files."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import lake

from autograder.checks import Run, expect

BLOCK = 10
DAY = "2026-03-01"
OLD = {"version": 1, "transaction_id": 7, "customer_id": 5, "terminal_id": 3}
PAYMENTS = {
    **{"name": "payments", "mean": 40, "peak": 200, "bytes": 200, "growth": 3},
    **{"consumer": 150, "keeps": "every event", "days": 7},
}
LIMITS = {
    **{"name": "limits", "mean": 1, "peak": 5, "bytes": 80, "growth": 3},
    **{"consumer": 500, "keeps": "latest by key", "days": 90},
}


def event(number: int, at: str = "2026-03-01T10:00:00+00:00", card: int = 5) -> dict[str, Any]:
    """Return an event as `read_payment` gives it."""
    return {
        "transaction_id": number,
        "at": at,
        "customer_id": card,
        "terminal_id": 3,
        "amount_cents": 100 + number,
        "currency": "EUR",
        "rest": {},
    }


def at_second(second: float) -> str:
    """Return a time in UTC, as text, so many seconds after 1970."""
    return datetime.fromtimestamp(second, UTC).isoformat()


def record(offset: int, told: Mapping[str, Any] | bytes, arrived: float = 0.0) -> dict[str, Any]:
    """Return a record of a log; bytes are its value as they are."""
    value = told if isinstance(told, bytes) else json.dumps(dict(told)).encode()
    return {"offset": offset, "key": b"5", "value": value, "arrived": arrived}


def block_name(topic: str, day: str, partition: int, first: int, block: int = BLOCK) -> str:
    """Return the name of a block's file for a day."""
    return f"{topic}/day={day}/{partition:03d}-{first:012d}-{first + block - 1:012d}.parquet"


def row(told: Mapping[str, Any], partition: int, offset: int) -> dict[str, Any]:
    """Return an event as a row of a file."""
    return {**told, "partition": partition, "offset": offset}


def places_of(content: bytes) -> list[list[int]]:
    """Return [partition, offset] of the rows of a Parquet file, in their order."""
    return [[row["partition"], row["offset"]] for row in lake.rows_in(content)]


def read_paper(run: Run, value: Any, what: str) -> tuple[Any, Any]:
    """Call read_payment; return event and problems once they have the right form."""
    got = run.call("read_payment", value if isinstance(value, bytes) else as_value(value))
    found = expect(got, what).to_be_a(tuple, list)
    return found.at(0).value, found.at(1).value


def as_value(told: Any) -> bytes:
    """Return JSON as the value of a record."""
    return json.dumps(told).encode()


def files_of(rows: Mapping[str, Sequence[tuple[int, int]]]) -> dict[str, bytes]:
    """Return Parquet files that hold rows with these partitions and offsets."""
    return {
        name: lake.as_parquet(
            [{**event(1000 * p + o), "partition": p, "offset": o} for p, o in places]
        )
        for name, places in rows.items()
    }


def rows_seen(step: Mapping[str, Any]) -> list[list[int]]:
    """Return, in order, the places that a reader of the live files sees at one moment."""
    files = {str(key): content for key, content in step["files"].items()}
    missing = [name for name in step["live"] if name not in files]
    expect(missing, "live files that are not there").to_equal([])
    return sorted(place for name in step["live"] for place in places_of(files[name]))


def shape(partitions: int, policy: str, days: int, losses: int = 1) -> dict[str, Any]:
    """Return the shape of a topic that survives so many losses; no days: for ever."""
    configs = {
        "min.insync.replicas": str(losses + 1),
        "cleanup.policy": policy,
        "retention.ms": str(days * 86_400_000) if days else "-1",
    }
    return {"partitions": partitions, "replication": 2 * losses + 1, "configs": configs}


def is_so(found: Mapping[str, Any], planned: Mapping[str, Any]) -> None:
    """Expect what the brokers tell of a topic to be what was planned; what is default is not told.

    The clusters here delete by default.
    """
    expect(found["partitions"], "the partitions on the brokers").to_equal(planned["partitions"])
    expect(found["replicas"], "the replicas of each").to_equal([planned["replication"]])
    told = {"cleanup.policy": "delete", **found["configs"]}
    for name, value in planned["configs"].items():
        expect(told.get(name), f"{name} on the brokers").to_equal(value)
