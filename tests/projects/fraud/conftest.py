from dataclasses import replace

import pandas as pd
import pytest

from projects.fraud.scenarios import FraudConfig
from projects.fraud.simulation import SimulationConfig, simulate

SMALL = SimulationConfig(
    customers=150,
    terminals=400,
    days=50,
    radius=8,
    fraud=FraudConfig(terminals_per_day=0.5, cards_per_day=0.5),
)


@pytest.fixture(scope="session")
def small_config() -> SimulationConfig:
    return SMALL


@pytest.fixture(scope="session")
def small_world() -> pd.DataFrame:
    return simulate(SMALL, 5)


@pytest.fixture(scope="session")
def quiet_world() -> pd.DataFrame:
    quiet = FraudConfig(amount_limit=float("inf"), terminals_per_day=0, cards_per_day=0)
    return simulate(replace(SMALL, fraud=quiet), 5)
