"""Switches that change a simulated world from a day on: new frauds, dearer goods, a holiday."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from projects.fraud import columns as c
from projects.fraud.simulation import SimulationConfig, simulate

CARD_TESTING = 4
_HOUR = 3_600


@dataclass(frozen=True)
class CardTesting:
    """Let thieves try out stolen card details, which the first three scenarios do not know.

    From `first_day` on, `cards_per_day` cards see a burst of `payments` small payments each within
    two hours, at terminals anywhere. One such payment looks harmless; their number does not.
    """

    first_day: int
    cards_per_day: float = 3.0
    payments: int = 12
    highest_amount: float = 5.0

    def __post_init__(self) -> None:
        if self.first_day < 0 or self.cards_per_day < 0 or self.payments < 1:
            raise ValueError(f"first_day, cards_per_day and payments must be sensible: {self}")


@dataclass(frozen=True)
class Inflation:
    """Raise all amounts by `daily_rate` a day from `first_day` on, up to `days` days.

    Frauds stay the frauds they were: a genuine payment does not become one by getting dearer.
    """

    first_day: int
    daily_rate: float = 0.01
    days: int = 30

    def factor(self, day: np.ndarray) -> np.ndarray:
        """Return by how much amounts of each day are multiplied."""
        since = np.clip(day - self.first_day + 1, 0, self.days)
        return np.asarray((1 + self.daily_rate) ** since)


@dataclass(frozen=True)
class Holiday:
    """Multiply how many payments there are on some days, and change nothing else about them."""

    first_day: int
    days: int = 3
    volume: float = 2.0

    def __post_init__(self) -> None:
        if self.days < 1 or self.volume < 0:
            raise ValueError(f"days must be at least 1 and volume not negative: {self}")


@dataclass(frozen=True)
class DriftConfig:
    """Say what changes; None leaves it as it is."""

    testing: CardTesting | None = None
    inflation: Inflation | None = None
    holiday: Holiday | None = None


def simulate_with_drift(config: SimulationConfig, drift: DriftConfig, seed: int) -> pd.DataFrame:
    """Return the world of `simulate` with `drift` in it; before the first change it is the same."""
    return add_drift(simulate(config, seed), drift, seed)


def add_drift(payments: pd.DataFrame, drift: DriftConfig, seed: int) -> pd.DataFrame:
    """Return `payments` with `drift`, in order of time and numbered anew.

    The order is holiday, new frauds, inflation: a holiday does not multiply the new frauds, and
    these are paid in the money of their day.
    """
    # Each switch has a stream of its own, so that one does not change what another draws.
    streams = [np.random.default_rng([2, part, seed]) for part in range(2)]
    table = payments
    if drift.holiday is not None:
        table = _with_holiday(table, drift.holiday, streams[0])
    if drift.testing is not None:
        table = _with_testing(table, drift.testing, streams[1])
    if drift.inflation is not None:
        factor = drift.inflation.factor(table[c.TX_TIME_DAYS].to_numpy())
        table = table.assign(**{c.TX_AMOUNT: np.round(table[c.TX_AMOUNT] * factor, 2)})
    return table


def _with_holiday(table: pd.DataFrame, holiday: Holiday, rng: np.random.Generator) -> pd.DataFrame:
    day = table[c.TX_TIME_DAYS].to_numpy()
    days = range(holiday.first_day, holiday.first_day + holiday.days)
    parts = [table[~np.isin(day, days)]]
    for one in days:
        today = table[day == one]
        wanted = round(len(today) * holiday.volume)
        if wanted <= len(today):
            parts.append(today.iloc[np.sort(rng.permutation(len(today))[:wanted])])
            continue
        more = today.iloc[rng.integers(0, len(today), wanted - len(today))]
        # At the times of others, so that hours are as busy as they were.
        times = today[c.TX_TIME_SECONDS].to_numpy()[rng.integers(0, len(today), len(more))]
        parts += [today, more.assign(**{c.TX_TIME_SECONDS: times})]
    return _in_order(pd.concat(parts), table)


def _with_testing(
    table: pd.DataFrame, testing: CardTesting, rng: np.random.Generator
) -> pd.DataFrame:
    cards = np.unique(table[c.CUSTOMER_ID].to_numpy())
    terminals = np.unique(table[c.TERMINAL_ID].to_numpy())
    made = []
    for day in range(testing.first_day, int(table[c.TX_TIME_DAYS].max()) + 1):
        since = day - testing.first_day
        count = int((since + 1) * testing.cards_per_day) - int(since * testing.cards_per_day)
        victims = rng.choice(cards, min(count, len(cards)), replace=False)
        begins = rng.integers(0, c.SECONDS_PER_DAY - 2 * _HOUR, len(victims))
        size = (len(victims), testing.payments)
        seconds = begins[:, None] + rng.integers(0, 2 * _HOUR, size)
        made.append(
            pd.DataFrame(
                {
                    c.CUSTOMER_ID: np.repeat(victims, testing.payments),
                    c.TERMINAL_ID: rng.choice(terminals, seconds.size),
                    c.TX_AMOUNT: np.round(
                        rng.uniform(0.5, testing.highest_amount, seconds.size), 2
                    ),
                    c.TX_TIME_SECONDS: day * c.SECONDS_PER_DAY + seconds.ravel(),
                    c.TX_TIME_DAYS: day,
                    c.TX_FRAUD: 1,
                    c.TX_FRAUD_SCENARIO: CARD_TESTING,
                }
            )
        )
    return _in_order(pd.concat([table, *made]), table)


def _in_order(table: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Return rows by time, numbered, with the clock times that `before` counts its seconds from."""
    first = before.iloc[0]
    start = first[c.TX_DATETIME] - pd.Timedelta(seconds=int(first[c.TX_TIME_SECONDS]))
    # Stable, and of two payments in one second the one that was there before comes first.
    ordered = table.sort_values(c.TX_TIME_SECONDS, kind="stable", ignore_index=True)
    seconds = ordered[c.TX_TIME_SECONDS].to_numpy().astype("timedelta64[s]")
    return ordered.assign(
        **{
            c.TRANSACTION_ID: np.arange(len(ordered)),
            c.TX_DATETIME: np.datetime64(start, "ns") + seconds,
        }
    )
