"""Payments, logs and alerts that the checks ask about, and errors told in words."""

import json
from typing import Any

from autograder.checks import Run, expect

PAYMENT = {"id": "p1", "card": 7, "at": 1_790_000_000, "cents": 18_000, "terminal": 3}
SMALL = {
    "version": "m1",
    "bias": -2.0,
    "threshold": 0.5,
    "features": {
        "amount": {"weight": 1.0, "typical": 40.0, "scale": 70.0, "words": "the amount"},
        "card_count": {"weight": 0.5, "typical": 2.0, "scale": 2.0, "words": "payments today"},
        "quiet": {"weight": -1.0, "typical": 1.0, "scale": 1.0, "words": "something calm"},
    },
}


def refuses(run: Run, value: bytes, field: str) -> None:
    """Expect `read_payment` to raise ValueError with a message that names the field."""
    shown = f"the error of read_payment({value[:120].decode(errors='replace')})"
    fails(run.call("error_of", "read_payment", value), shown, field)


def fails(said: dict | None, shown: str, field: str) -> None:
    """Expect this to be a ValueError that names the field."""
    expect(said is not None, shown).to_be_true("there must be one")
    kinds, text = said["kinds"], said["text"]
    expect("ValueError" in kinds, shown).to_be_true(f"it must be a ValueError, is {kinds[0]}")
    expect(field in text, shown).to_be_true(f"its message must name {field}, is {text!r}")


LOG = [
    *((b"7", b"a%d" % n) for n in range(9)),
    *((b"8", b"b%d" % n) for n in range(7)),
    (b"7", b"bad x"),
    (b"7", b"slow y"),
    (b"7", b"after"),
    (b"9", b"quiet z"),
]


def told_by(topics: dict, *names: str) -> list[str]:
    """Return what stands in these topics: topic, id, value; sorted."""
    return sorted(
        f"{name}: {record['headers'].get('id')}: {record['value'].decode(errors='replace')}"
        for name in names or ("decisions", "retry", "dead")
        for record in topics[name]
    )


def due_for(records: list[tuple[bytes, bytes]]) -> list[str]:
    """Return what the toy handler makes of records, whatever crashed; copies count once."""
    found, counts, seen = [], {}, set()
    for key, value in records:
        if value in seen:
            continue
        seen.add(value)
        counts[key] = counts.get(key, 0) + 1
        word, text = key.decode(), value.decode()
        decision = f"decisions: decisions {text}: {text} is number {counts[key]} of {word}"
        if text.startswith(("bad", "both")):
            found.append(f"dead: dead {text}: {text}")
        if not text.startswith(("bad", "quiet")):
            found.append(decision)
            if text.startswith("slow"):
                found.append(f"retry: retry {text}: {text}")
    return sorted(found)


def alerts_of(scores: dict[str, float]) -> list[dict]:
    """Return alerts with these names and scores."""
    return [
        {"id": name, "payment": name, "card": 1, "at": 5, "score": score, "alert": True}
        for name, score in scores.items()
    ]


ANA, BEN = ("ana", "Ana", ["read", "feedback"], 50), ("ben", "Ben", ["read"], 50)
DAN = ("dan", "Dan", ["feedback"], 50)


def messages_in(told: Any, what: str) -> list[list[dict[str, Any]]]:
    """Return the messages that a handle gave for each record; fail in words where they are none."""
    messages = expect(told, what).at("messages").to_be_a(list).value
    for some in messages:
        expect(some, what).to_be_a(list, tuple)
        for one in some:
            expect(one, f"a message of {what}").to_be_a(dict)
            if "left handle" not in str(one.get("topic")):
                for name in ("topic", "key", "value", "headers"):
                    expect(one, f"a message of {what}").at(name)
                expect(one["headers"], f"the headers of {what}").to_be_a(dict)
    return messages


def decision_in(message: dict[str, Any], what: str) -> dict[str, Any]:
    """Return the decision that a message has as its value; fail in words where it has none."""
    expect(message["value"], f"the value of {what}").to_be_a(bytes)
    try:
        return json.loads(message["value"])
    except ValueError:
        expect(False, f"the value of {what}").to_be_true("it must be JSON in UTF-8")
        raise


def ids_on(page: Any, what: str) -> list[Any]:
    """Return the ids of the alerts on a page; fail in words where there are none."""
    rows = expect(page, what).at("alerts").to_be_a(list).value
    return [expect(one, f"an alert of {what}").at("id").value for one in rows]
