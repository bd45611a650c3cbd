"""The world around a scorer: payments, terminals, this week's model. Seeded plain data."""

import json
import random
from typing import Any

BEGIN = 1_788_220_800  # 2026-09-01, midnight in UTC, in seconds since 1970

MODEL: dict[str, Any] = {
    "version": "cards-12",
    "bias": -3.4,
    "threshold": 0.3,
    "features": {
        "amount": {"weight": 0.5, "typical": 40.0, "scale": 60.0, "words": "the amount in euros"},
        "amount_ratio": {
            "weight": 0.7,
            "typical": 1.0,
            "scale": 1.5,
            "words": "the amount over the card's usual one",
        },
        "card_count": {
            "weight": 0.9,
            "typical": 2.0,
            "scale": 2.0,
            "words": "the card's payments in 24 hours",
        },
        "terminal_risk": {
            "weight": 1.2,
            "typical": 0.02,
            "scale": 0.1,
            "words": "the terminal's share of fraud",
        },
    },
}


class Unavailable(Exception):  # noqa: N818
    """Say that something does not answer now: try later, nothing is wrong with the payment."""


def payments(seed: int | str, count: int, cards: int = 120) -> list[dict[str, Any]]:
    """Return `count` payments in the order of the log; now and then a card is abused in a burst.

    `at` is in seconds since 1970, `cents` a whole number, `card` and `terminal` are numbers.
    """
    made = random.Random(seed)
    usual = {card: made.uniform(10, 80) for card in range(cards)}
    found: list[dict[str, Any]] = []
    at = float(BEGIN)
    while len(found) < count:
        at += made.expovariate(1 / 90)
        card = made.randrange(cards)
        burst = made.randint(3, 6) if made.random() < 0.012 else 1
        for _ in range(burst):
            euros = usual[card] * made.uniform(0.4, 1.6) * (made.uniform(2, 6) if burst > 1 else 1)
            terminal = made.randrange(20, 24) if burst > 1 else made.randrange(20)
            at += made.uniform(20, 120) if burst > 1 else 0
            found.append(
                {
                    "id": f"p{len(found):05d}-{made.getrandbits(24):06x}",
                    "card": card,
                    "at": int(at),
                    "cents": max(1, round(euros * 100)),
                    "terminal": terminal,
                }
            )
    return found[:count]


def terminal_risk(terminal: int) -> float:
    """Return the share of fraud at a terminal over the last weeks, as the online store has it."""
    return 0.35 if 20 <= terminal < 24 else 0.005 * (terminal % 7)


def to_bytes(value: dict[str, Any]) -> bytes:
    """Return a dict as it stands in a record: JSON in UTF-8, keys sorted, no spaces."""
    told = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return told.encode()


def record_of(payment: dict[str, Any], offset: int = 0, partition: int = 0) -> dict[str, Any]:
    """Return a record of the topic `payments`, as `poll` would give it."""
    return {
        "topic": "payments",
        "partition": partition,
        "offset": offset,
        "key": str(payment["card"]).encode(),
        "value": to_bytes(payment),
        "headers": {},
    }


def batch_seconds(most: int, call: float = 0.004, row: float = 0.0015) -> list[float]:
    """Return how long a batch of n takes, at place n, for n from 0 to `most`."""
    return [0.0, *(call + row * size for size in range(1, most + 1))]


def arrivals(seed: int | str, rate: float, seconds: float) -> list[float]:
    """Return when payments are due, in seconds from 0: `rate` a second on average, in order."""
    made = random.Random(f"{seed} arrivals")
    found, at = [], made.expovariate(rate)
    while at < seconds:
        found.append(at)
        at += made.expovariate(rate)
    return found
