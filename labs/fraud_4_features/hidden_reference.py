"""What is due, by counting everything: slow, and hard to get wrong. Never released."""

import math
import random
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

Event = Mapping[str, Any]
Definition = Mapping[str, Any]


def definition_of(aggregate: str, **changes: Any) -> dict[str, Any]:
    """Return a right definition over cards: 20 minutes in tiles of 5, with `changes`."""
    value = None if aggregate == "count" else "amount"
    made = {"name": "feature", "key": "card", "aggregate": aggregate, "value": value}
    return {**made, "window": 1_200, "tile": 300, "delay": 0, "present": False, **changes}


def span(definition: Definition, at: int) -> tuple[int, int]:
    """Return the window [start, end) of a question, walking back second by second to its tile."""
    end = at - definition["delay"]
    start = end - definition["window"]
    start -= start % definition["tile"]
    return start, end + (1 if definition["present"] else 0)


def aggregated(aggregate: str, values: Sequence[float]) -> float:
    """Return an aggregate of numbers; nan where it has no value."""
    if aggregate == "count":
        return float(len(values))
    if aggregate == "sum":
        return math.fsum(values)
    if not values:
        return math.nan
    if aggregate == "mean":
        return math.fsum(values) / len(values)
    return max(values) if aggregate == "max" else statistics.pstdev(values)


def due(definition: Definition, events: Iterable[Event], key: Any, at: int) -> float:
    """Return the feature of `key` at `at` over `events`, of which copies count once."""
    start, end = span(definition, at)
    seen, values = set(), []
    for event in events:
        if event["event_id"] in seen or event[definition["key"]] != key:
            continue
        seen.add(event["event_id"])
        if start <= event["at"] < end:
            values.append(float(event[definition["value"]]) if definition["value"] else 0.0)
    return aggregated(definition["aggregate"], values)


def due_rows(definition: Definition, events: pd.DataFrame, asked: pd.DataFrame) -> np.ndarray:
    """Return the feature for each row of `asked`, nan where it has no value."""
    plain = events.to_dict("records")
    pairs = zip(asked[definition["key"]], asked["at"], strict=True)
    return np.array([due(definition, plain, key, int(at)) for key, at in pairs])


class Judge:
    """Say what becomes of each event of a stream, and keep those that were accepted."""

    def __init__(self, lateness: int) -> None:
        self.lateness = lateness
        self.accepted: dict[str, Event] = {}

    @property
    def watermark(self) -> int:
        """Return the time before which events are late; far in the past at first."""
        times = [event["at"] for event in self.accepted.values()]
        return max(times) - self.lateness if times else -(10**12)

    def take(self, event: Event) -> str:
        """Return "late", "duplicate" or "accepted"."""
        if event["at"] < self.watermark:
            return "late"
        if event["event_id"] in self.accepted:
            return "duplicate"
        self.accepted[event["event_id"]] = event
        return "accepted"


def arrivals(
    rng: random.Random, count: int, *, span_of: int, disorder: int, cards: int, grid: int = 60
) -> list[dict[str, Any]]:
    """Return events in order of arrival: up to `disorder` seconds late, one in eight twice.

    Times lie on a grid, so that many share a second and many lie on the edge of a window.
    """
    start = 1_760_000_400 // 3_600 * 3_600
    made = []
    for number in range(count):
        at = start + rng.randrange(0, span_of, grid)
        event = {
            "event_id": f"e{number}",
            "card": f"card-{rng.randrange(cards)}",
            "at": at,
            "amount": rng.randrange(1, 20_000) / 100,
            "shop": f"s{rng.randrange(4)}",
        }
        made.append((at + rng.randrange(disorder + 1), rng.random(), event))
        if rng.random() < 1 / 8:
            made.append((at + rng.randrange(2 * disorder + 1), rng.random(), dict(event)))
    return [event for _, _, event in sorted(made, key=lambda row: row[:2])]


def size_of(state: Any) -> int:
    """Count the single values in plain data, keys, arrays and frames included."""
    if isinstance(state, dict):
        return sum(size_of(key) + size_of(value) for key, value in state.items())
    if isinstance(state, list | tuple | set | frozenset):
        return sum(size_of(item) for item in state)
    if isinstance(state, np.ndarray | pd.DataFrame | pd.Series):
        return int(state.size)
    # Whoever writes events into one long text keeps them too.
    return 1 + len(state) // 40 if isinstance(state, str | bytes) else 1
