"""Events, definitions and the brute-force answers that every engine is held to."""

import math
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from infra.features.definition import Aggregation, FeatureSet, WindowAggregate

START = pd.Timestamp("2026-01-01")


def every_aggregation(
    *, closed: str = "left", delay_days: float = 0.0, windows_days: tuple[float, ...] = (1, 7, 30)
) -> FeatureSet:
    """Define each aggregation over each window."""
    needs = {Aggregation.COUNT: None, Aggregation.DISTINCT: "shop"}
    aggregates = tuple(
        WindowAggregate(
            f"{what}_{str(days).replace('.', '_')}",
            what,
            timedelta(days=days),
            needs.get(what, "amount"),
            timedelta(days=delay_days),
            closed,
            decimals=2,
            when_empty=0.5 if what is Aggregation.MEAN else None,
        )
        for what in Aggregation
        for days in windows_days
    )
    return FeatureSet("spending", "card", "at", aggregates, "event")


def made_events(rows: int, cards: int, days: int, seed: int = 0) -> pd.DataFrame:
    """Make events in no order: some amounts are missing, some events are there twice."""
    generator = np.random.default_rng(seed)
    amounts = generator.gamma(2.0, 50.0, rows).round(2)
    amounts[generator.random(rows) < 0.03] = np.nan
    events = pd.DataFrame(
        {
            "event": [f"e{number}" for number in range(rows)],
            "card": generator.integers(0, cards, rows),
            "at": START + pd.to_timedelta(generator.integers(0, days * 86_400, rows), unit="s"),
            "amount": amounts,
            "shop": generator.integers(0, 12, rows).astype(str),
        }
    )
    twice = events.sample(frac=0.05, random_state=seed)
    return pd.concat([events, twice]).sample(frac=1.0, random_state=seed)


def by_brute_force(features: FeatureSet, events: pd.DataFrame, at: pd.DataFrame) -> pd.DataFrame:
    """Answer row by row from the definition's words: filter, then aggregate with fsum."""
    histories: dict[Any, list[dict[str, Any]]] = {}
    for event in events.drop_duplicates("event").to_dict("records"):
        histories.setdefault(event["card"], []).append(event)
    rows = [
        {a.name: _one(a, histories.get(row.card, []), row.at) for a in features.aggregates}
        for row in at.itertuples()
    ]
    return pd.DataFrame(rows, index=at.index, columns=list(features.names))


def _one(aggregate: WindowAggregate, events: list[dict[str, Any]], now: pd.Timestamp) -> Any:
    end = now - aggregate.delay
    start = end - aggregate.window
    if aggregate.closed == "left":
        inside = [event for event in events if start <= event["at"] < end]
    else:
        inside = [event for event in events if start < event["at"] <= end]
    if aggregate.value is None:
        return len(inside)
    values = [event[aggregate.value] for event in inside if not pd.isna(event[aggregate.value])]
    match aggregate.aggregation:
        case Aggregation.COUNT:
            return len(values)
        case Aggregation.DISTINCT:
            return len(set(values))
        case Aggregation.SUM:
            return math.fsum(values)
        case _ if not values:
            return math.nan if aggregate.when_empty is None else aggregate.when_empty
        case Aggregation.MEAN:
            return math.fsum(values) / len(values)
        case Aggregation.MIN:
            return min(values)
        case _:
            return max(values)


def assert_answers(features: FeatureSet, found: pd.DataFrame, due: pd.DataFrame) -> None:
    """Hold counts to the last bit and everything else to 1e-9, missing values included."""
    assert list(found.columns) == list(features.names)
    for aggregate in features.aggregates:
        left, right = (frame[aggregate.name].astype(float).to_numpy() for frame in (found, due))
        within = 0.0 if aggregate.is_whole else 1e-9
        np.testing.assert_allclose(left, right, rtol=0, atol=within, err_msg=aggregate.name)
