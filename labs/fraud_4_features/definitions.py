"""What a definition consists of, the three of this lab, and how a definition is got wrong."""

from typing import Any

MINUTE, HOUR, DAY = 60, 3_600, 86_400
AGGREGATES = ("count", "sum", "mean", "max", "std")
FIELDS = ("name", "key", "aggregate", "value", "window", "tile", "delay", "present")

DEFINITIONS = {
    definition["name"]: definition
    for definition in (
        {
            "name": "terminal_payments_30m",
            "key": "terminal",
            "aggregate": "count",
            "value": None,
            "window": 30 * MINUTE,
            "tile": 5 * MINUTE,
            "delay": 0,
            "present": False,
        },
        {
            "name": "card_spend_24h",
            "key": "card",
            "aggregate": "sum",
            "value": "amount",
            "window": 24 * HOUR,
            "tile": HOUR,
            "delay": 0,
            "present": False,
        },
        {
            "name": "terminal_risk_2d",
            "key": "terminal",
            "aggregate": "mean",
            "value": "fraud",
            "window": 2 * DAY,
            "tile": 6 * HOUR,
            "delay": 3 * DAY,
            "present": False,
        },
    )
}


def suspects(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the definition as it would be with each of five mistakes, by the mistake's name."""
    delay, window, tile = definition["delay"], definition["window"], definition["tile"]
    return {
        "present counted": {**definition, "present": not definition["present"]},
        # Noon in New York, read as noon in Greenwich, is four hours too early (in summer).
        "clock four hours behind": {**definition, "delay": delay + 4 * HOUR},
        "delay forgotten": {**definition, "delay": 0},
        "half the window": {**definition, "window": max(window // 2 // tile, 1) * tile},
        "tiles forgotten": {**definition, "tile": 1},
    }
