"""What a card did lately, kept in memory: the part of a scorer that must survive its restart."""

from typing import Any

DAY = 86_400
_REMEMBERED_DAYS = 7


def new_windows() -> dict[str, Any]:
    """Return windows that have seen no payment yet."""
    return {"cards": {}, "taken": {}}


def take(windows: dict[str, Any], payment: dict[str, Any]) -> dict[str, float]:
    """Take a payment into the windows and return its features.

    A payment whose id was taken before changes nothing and has the same features as the first time:
    a retry, or a copy in the log, is no new payment of its card.
    """
    taken = windows["taken"]
    if payment["id"] in taken:
        return dict(taken[payment["id"]])
    at, euros = payment["at"], payment["cents"] / 100
    earlier = [
        one
        for one in windows["cards"].get(payment["card"], [])
        if one[0] > at - _REMEMBERED_DAYS * DAY
    ]
    usual = sum(one[1] for one in earlier) / len(earlier) if earlier else euros
    features = {
        "amount": euros,
        "amount_ratio": euros / usual,
        "card_count": 1.0 + sum(at - DAY < one[0] <= at for one in earlier),
    }
    windows["cards"][payment["card"]] = [*earlier, (at, euros)]
    taken[payment["id"]] = features
    return dict(features)
