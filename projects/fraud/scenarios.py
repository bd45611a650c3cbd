"""Plant the three fraud scenarios into simulated transactions."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from projects.fraud import columns as c

GENUINE, LARGE_AMOUNT, COMPROMISED_TERMINAL, STOLEN_CARD = 0, 1, 2, 3


@dataclass(frozen=True)
class FraudConfig:
    """Configure how fraud strikes; rates may be fractions (0.5: one every other day)."""

    amount_limit: float = 220.0
    terminals_per_day: float = 2.0
    terminal_days: int = 28
    cards_per_day: float = 3.0
    card_days: int = 14
    card_factor: float = 5.0
    card_share: float = 1 / 3

    def __post_init__(self) -> None:
        if not 0 <= self.card_share <= 1:
            raise ValueError(f"card_share must lie between 0 and 1, is {self.card_share}")
        for name in ("terminals_per_day", "cards_per_day", "terminal_days", "card_days"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, is {getattr(self, name)}")


def plant_fraud(
    table: pd.DataFrame,
    customers: int,
    terminals: int,
    config: FraudConfig,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return `table` with TX_FRAUD and TX_FRAUD_SCENARIO, and stolen cards' amounts multiplied.

    Where scenarios meet, the later one names the fraud: a stolen card used at a compromised
    terminal counts as a stolen card.
    """
    day = table[c.TX_TIME_DAYS].to_numpy()
    days = int(day.max()) + 1 if len(day) else 0
    amount = table[c.TX_AMOUNT].to_numpy().copy()
    scenario = np.where(amount > config.amount_limit, LARGE_AMOUNT, GENUINE)

    bad_terminals = _struck(terminals, days, config.terminals_per_day, config.terminal_days, rng)
    scenario[bad_terminals[table[c.TERMINAL_ID].to_numpy(), day]] = COMPROMISED_TERMINAL

    stolen = _struck(customers, days, config.cards_per_day, config.card_days, rng)
    candidates = np.flatnonzero(stolen[table[c.CUSTOMER_ID].to_numpy(), day])
    used = np.sort(rng.choice(candidates, int(len(candidates) * config.card_share), replace=False))
    amount[used] = np.round(amount[used] * config.card_factor, 2)
    scenario[used] = STOLEN_CARD

    return table.assign(
        **{
            c.TX_AMOUNT: amount,
            c.TX_FRAUD: (scenario != GENUINE).astype(np.int64),
            c.TX_FRAUD_SCENARIO: scenario.astype(np.int64),
        }
    )


def _struck(
    population: int, days: int, per_day: float, duration: int, rng: np.random.Generator
) -> np.ndarray:
    """Return (population, days) booleans: who is compromised on which day."""
    struck = np.zeros((population, days), dtype=bool)
    for day in range(days):
        # Whole numbers whose running sum follows the rate, so that 0.5 is one every other day.
        count = int((day + 1) * per_day) - int(day * per_day)
        victims = rng.choice(population, min(count, population), replace=False)
        struck[victims, day : day + duration] = True
    return struck
