"""Payments of a wallet service: seeded, and the same for the same seed."""

import json
import random
from typing import Any


def payments(seed: int | str, count: int, wallets: int = 8) -> list[dict[str, Any]]:
    """Return `count` payments, in the order in which they happen, spread over `wallets`.

    `cents` is negative for money that leaves; `number` counts the payments of one wallet.
    """
    made = random.Random(seed)
    numbers: dict[str, int] = {}
    found = []
    for place in range(count):
        wallet = f"wallet-{made.randrange(wallets)}"
        numbers[wallet] = numbers.get(wallet, 0) + 1
        found.append(
            {
                "version": 1,
                "id": f"p{place:04d}-{made.getrandbits(32):08x}",
                "wallet": wallet,
                "number": numbers[wallet],
                "cents": made.randrange(-5000, 9000),
            }
        )
    return found


def as_bytes(payment: dict[str, Any]) -> bytes:
    """Return a payment as it stands in a record's value: JSON in UTF-8."""
    return json.dumps(payment).encode()


def by_wallet(ids: list[str], of: list[dict[str, Any]]) -> dict[str, list[int]]:
    """Return, for each wallet, the numbers of its payments in the order of `ids`."""
    known = {payment["id"]: payment for payment in of}
    found: dict[str, list[int]] = {}
    for one in ids:
        payment = known[one]
        found.setdefault(payment["wallet"], []).append(payment["number"])
    return found
