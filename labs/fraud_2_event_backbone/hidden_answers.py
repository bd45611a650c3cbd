"""What hidden checks hold answers to: plans, events and comparisons, each worked out anew."""

import math
import random
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from typing import Any

import lake
from asking import block_name

DAY_SECONDS = 24 * 60 * 60
ZONES = (0, 60, 120, -300, 330, 845, -720)


def wishes_of(made: random.Random, losses: int) -> dict[str, Any]:
    """Return wishes for one to four topics on enough brokers."""
    topics = []
    for number in range(made.randint(1, 4)):
        mean = made.randint(1, 90)
        topics.append(
            {
                "name": f"t{number}",
                "mean": mean,
                "peak": mean * made.randint(2, 9),
                "bytes": made.randint(50, 900),
                "growth": made.randint(1, 5),
                "consumer": made.randint(3, 200),
                "keeps": made.choice(["every event", "every event", "latest by key"]),
                "days": made.randint(1, 60),
            }
        )
    return {"brokers": 2 * losses + 1 + made.randint(0, 3), "losses": losses, "topics": topics}


def plan(wishes: dict[str, Any]) -> dict[str, Any]:
    """Return what plan_topics must give."""
    brokers, losses = wishes["brokers"], wishes["losses"]
    shapes: dict[str, Any] = {}
    disk = Fraction(0)
    for one in wishes["topics"]:
        partitions = brokers
        while partitions * one["consumer"] < one["peak"] * one["growth"]:
            partitions += brokers
        is_compacted = one["keeps"] == "latest by key"
        told = [(one["name"], partitions, -1 if is_compacted else one["days"])]
        if not is_compacted:
            told.append((one["name"] + ".dead", 1, max(30, one["days"] * 2)))
        for name, count, days in told:
            shapes[name] = {
                "partitions": count,
                "replication": losses + losses + 1,
                "configs": {
                    "min.insync.replicas": str(losses + 1),
                    "cleanup.policy": "compact" if is_compacted else "delete",
                    "retention.ms": str(days if days < 0 else days * DAY_SECONDS * 1000),
                },
            }
        kept = one["mean"] * one["growth"] * DAY_SECONDS * one["days"]
        disk += Fraction(kept * one["bytes"] * (2 * losses + 1), brokers)
    return {"topics": shapes, "disk_bytes_per_broker": math.ceil(disk)}


def event_of(made: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a sound event of some version as it is written, and as it must be read."""
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=made.randrange(10**7))
    if made.random() < 0.3:
        moment += timedelta(microseconds=made.randrange(1, 10**6))
    zone = timezone(timedelta(minutes=made.choice(ZONES)))
    read: dict[str, Any] = {
        name: made.choice([0, made.randrange(10**9)])
        for name in ("transaction_id", "customer_id", "terminal_id")
    }
    version = made.choice([1, 1, 2, 2, 3, 9])
    rest = {f"x{n}": made.choice([n, "?", None, [1, {"a": n}]]) for n in range(made.randint(0, 2))}
    written = {**read, "version": version, "at": moment.astimezone(zone).isoformat(), **rest}
    cents = made.choice([29, 57, 110, 115, 1001, 4503, made.randrange(10**12)])
    read |= {"at": moment, "amount_cents": cents, "currency": "EUR", "rest": rest}
    if version == 1:
        text = f"{cents // 100}.{cents % 100:02d}" + made.choice(["", "0", "000"])
        if cents % 100 == 0:
            text = str(cents // 100)
        written["amount"] = text
        if made.random() < 0.3:
            written["currency"] = "USD"
            read["rest"] = {**rest, "currency": "USD"}
    else:
        written["amount_cents"] = cents
        if made.random() < 0.6:
            written["currency"] = read["currency"] = made.choice(["EUR", "CHF", "SEK"])
        elif made.random() < 0.5:
            written["currency"] = None
    return written, read


def schema_of(made: random.Random) -> dict[str, Any]:
    """Return a schema of a few fields."""
    return {
        name: {
            "type": made.choice(["int", "int", "number", "text"]),
            "required": made.random() < 0.5,
        }
        for name in "abcde"
        if made.random() < 0.7
    }


def keeps_from_reading(reader: dict[str, Any], writer: dict[str, Any]) -> list[list[str]]:
    """Return what can_read must give, field by field."""
    found = []
    for name in sorted(reader):
        wanted = reader[name]
        given = writer.get(name, {"type": wanted["type"], "required": False})
        if given["type"] != wanted["type"] and (given["type"], wanted["type"]) != ("int", "number"):
            found.append([name, "wrong type"])
        elif wanted["required"] and not given["required"]:
            found.append([name, "missing"])
    return found


def order_of(old: dict[str, Any], new: dict[str, Any]) -> str:
    """Return what release_order must give."""
    blocked = (bool(keeps_from_reading(new, old)), bool(keeps_from_reading(old, new)))
    return {
        (False, False): "any",
        (False, True): "consumers first",
        (True, False): "producers first",
        (True, True): "never",
    }[blocked]


def reconciled(
    log: dict[int, list[int]], rows: list[list[int]], letters: list[list[int]]
) -> dict[int, dict[str, Any]]:
    """Return what reconcile must give, place by place."""
    found = {}
    for partition, (begin, end) in log.items():
        told: dict[str, Any] = {"records": 0, "rows": 0, "letters": 0, "lost": [], "twice": []}
        for offset in range(begin, end):
            in_rows = rows.count([partition, offset])
            in_letters = [partition, offset] in letters
            told["records"] += 1
            told["rows"] += in_rows > 0
            told["letters"] += in_letters
            if in_rows + in_letters == 0:
                told["lost"].append(offset)
            if in_rows + in_letters > 1:
                told["twice"].append(offset)
        found[partition] = told
    return found


def due_batch(
    topic: str, partition: int, records: Iterable[Mapping[str, Any]], block: int
) -> dict[str, Any]:
    """Return what plan_batch must give, worked out record by record with the given reader."""
    files: dict[str, list[Any]] = {}
    dead = []
    commit = None
    for one in records:
        found, problems = lake.read_simply(one["value"])
        commit = one["offset"] + 1 - (one["offset"] + 1) % block
        place = {"partition": partition, "offset": one["offset"]}
        if found is None:
            told = {"key": one["key"], "value": one["value"], "problems": problems}
            dead.append({"topic": topic, **place, **told})
            continue
        first = one["offset"] - one["offset"] % block
        name = block_name(topic, found["at"][:10], partition, first, block)
        files.setdefault(name, []).append({**found, **place})
    return {"files": files, "dead": dead, "commit": commit}
