"""Simulate card transactions with planted fraud.

Written from the published description of the simulator in "Reproducible Machine Learning for
Credit Card Fraud Detection - Practical Handbook" (Le Borgne, Siblini, Lebichot, Bontempi, 2022),
chapter 3: customers with a mean amount and a mean frequency, terminals within a radius of the
customer's home, and three fraud scenarios.
"""

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import pandas as pd

from projects.fraud import columns as c
from projects.fraud.population import Population, draw_population
from projects.fraud.scenarios import FraudConfig, plant_fraud


@dataclass(frozen=True)
class SimulationConfig:
    """Configure one simulated world; distances are in units of a 100 x 100 map."""

    customers: int = 5_000
    terminals: int = 10_000
    days: int = 183
    radius: float = 5.0
    start: datetime = datetime(2018, 4, 1)
    lowest_mean_amount: float = 5.0
    highest_mean_amount: float = 100.0
    highest_daily_frequency: float = 4.0
    mean_second_of_day: float = c.SECONDS_PER_DAY / 2
    spread_seconds_of_day: float = 20_000.0
    fraud: FraudConfig = field(default_factory=FraudConfig)

    def __post_init__(self) -> None:
        for name in ("customers", "terminals", "days"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, is {getattr(self, name)}")
        if self.radius <= 0:
            raise ValueError(f"radius must be above 0, is {self.radius}")


def simulate(config: SimulationConfig, seed: int) -> pd.DataFrame:
    """Return the transactions of one world in order of time, one row each, with fraud labels.

    The columns are `columns.TRANSACTION_COLUMNS`; amounts are in euros, times are counted from
    `config.start`. The same configuration and seed (any non-negative integer) give the same table.
    """
    world, fraud = (np.random.default_rng([part, seed]) for part in (0, 1))
    population = draw_population(config, world)
    table = _draw_transactions(config, population, world)
    return plant_fraud(table, config.customers, config.terminals, config.fraud, fraud)


def _draw_transactions(
    config: SimulationConfig, population: Population, rng: np.random.Generator
) -> pd.DataFrame:
    reaching = population.reachable_counts > 0
    per_day = rng.poisson(
        np.where(reaching, population.daily_frequency, 0.0)[:, None],
        (config.customers, config.days),
    )
    customer = np.repeat(np.arange(config.customers, dtype=np.int32), per_day.sum(axis=1))
    day = np.repeat(
        np.tile(np.arange(config.days, dtype=np.int32), config.customers), per_day.ravel()
    )
    second = rng.normal(config.mean_second_of_day, config.spread_seconds_of_day, len(day))
    # A time outside the day is dropped, not drawn again: that is what the description does.
    inside = (second > 0) & (second < c.SECONDS_PER_DAY)
    customer, day, second = customer[inside], day[inside], second[inside].astype(np.int64)

    time = day * np.int64(c.SECONDS_PER_DAY) + second
    order = np.lexsort((customer, time))
    customer, day, time = customer[order], day[order], time[order]
    return pd.DataFrame(
        {
            c.TRANSACTION_ID: np.arange(len(time)),
            c.TX_DATETIME: np.datetime64(config.start, "ns") + time.astype("timedelta64[s]"),
            c.CUSTOMER_ID: customer.astype(np.int64),
            c.TERMINAL_ID: population.draw_terminals(customer, rng),
            c.TX_AMOUNT: _draw_amounts(population.mean_amount[customer], rng),
            c.TX_TIME_SECONDS: time,
            c.TX_TIME_DAYS: day.astype(np.int64),
        }
    )


def _draw_amounts(mean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    amount = rng.normal(mean, mean / 2)
    negative = amount < 0
    amount[negative] = rng.uniform(0, 2 * mean[negative])
    return np.round(amount, 2)
