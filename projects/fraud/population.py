"""Draw the customers and terminals of a simulated world and who can reach what."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.spatial import cKDTree

MAP_SIDE = 100.0


class PopulationConfig(Protocol):
    """Name what a population needs of a simulation's configuration."""

    @property
    def customers(self) -> int: ...
    @property
    def terminals(self) -> int: ...
    @property
    def radius(self) -> float: ...
    @property
    def lowest_mean_amount(self) -> float: ...
    @property
    def highest_mean_amount(self) -> float: ...
    @property
    def highest_daily_frequency(self) -> float: ...


@dataclass(frozen=True)
class Population:
    """Hold the customers' habits and, row after row, the terminals that each can reach."""

    mean_amount: np.ndarray
    daily_frequency: np.ndarray
    reachable: np.ndarray
    reachable_counts: np.ndarray

    def draw_terminals(self, customer: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return one reachable terminal for each entry of `customer`, each equally likely."""
        first = np.concatenate(([0], np.cumsum(self.reachable_counts)[:-1]))
        return self.reachable[first[customer] + rng.integers(0, self.reachable_counts[customer])]


def draw_population(config: PopulationConfig, rng: np.random.Generator) -> Population:
    """Return customers and terminals spread evenly over the map; a reach may be empty."""
    homes = rng.uniform(0, MAP_SIDE, (config.customers, 2))
    mean_amount = rng.uniform(
        config.lowest_mean_amount, config.highest_mean_amount, config.customers
    )
    daily_frequency = rng.uniform(0, config.highest_daily_frequency, config.customers)
    terminals = cKDTree(rng.uniform(0, MAP_SIDE, (config.terminals, 2)))
    near = terminals.query_ball_point(homes, config.radius, return_sorted=True)
    return Population(
        mean_amount=mean_amount,
        daily_frequency=daily_frequency,
        reachable=np.concatenate([np.asarray(one, dtype=np.int64) for one in near]),
        reachable_counts=np.array([len(one) for one in near]),
    )
