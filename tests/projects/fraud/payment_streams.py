"""Worlds as the events of a stream, in the order, disorder and repetition that tests ask for."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from projects.fraud.contracts import Label, Payment
from projects.fraud.world import as_events

DELAY = pd.Timedelta(days=7)


def payments_of(world: pd.DataFrame) -> list[Payment]:
    """Return each row as a payment, in the order of the rows."""
    return list(as_events.payments_of(world))


def labels_of(world: pd.DataFrame, delay: pd.Timedelta = DELAY) -> list[Label]:
    """Return the label of each row, known `delay` after its payment, in the order of the rows."""
    return list(as_events.labels_of(world, delay.to_pytimedelta()))


def disordered(times: Iterable, lateness: pd.Timedelta, seed: int) -> np.ndarray:
    """Return places in the order of arrival, each up to `lateness` late and one in ten twice."""
    rng = np.random.default_rng(seed)
    at = pd.Series(list(times))
    places = np.concatenate([np.arange(len(at)), rng.choice(len(at), len(at) // 10)])
    held = pd.to_timedelta(rng.random(len(places)) * lateness.total_seconds() * 0.99, "s")
    return places[np.argsort(at.iloc[places].to_numpy() + held.to_numpy(), kind="stable")]
