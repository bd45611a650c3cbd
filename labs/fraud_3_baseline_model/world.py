"""A small world of card payments to work on: 1,000 cards, 500 terminals, 42 days.

Everything here is made by `projects.fraud`, the project that this lab is a part of. The world is
smaller than the project's, and fraud is twice as frequent, so that everything runs in seconds.
"""

import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from projects.fraud.features import FeatureConfig, add_features
from projects.fraud.scenarios import FraudConfig
from projects.fraud.simulation import SimulationConfig, simulate
from projects.fraud.splitting import SplitConfig, time_split

SMALL = SimulationConfig(
    customers=1_000,
    terminals=500,
    days=42,
    radius=8,
    fraud=FraudConfig(terminals_per_day=0.5, cards_per_day=0.25),
)
START_DAY = 21
FEATURES = list(FeatureConfig().names)
LINEAGE_COLUMNS = [
    "TRANSACTION_ID",
    "CUSTOMER_ID",
    "TERMINAL_ID",
    "TX_TIME_SECONDS",
    "TX_AMOUNT",
    "TX_FRAUD",
]


def small_world(seed: int) -> pd.DataFrame:
    """Return about 81,000 transactions of six weeks, in order of time, with their labels."""
    return simulate(SMALL, seed)


def prepared_weeks(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a training and a test week with all features, split as the project does it.

    Both hold the columns FEATURES, CUSTOMER_ID, TX_TIME_DAYS and the label TX_FRAUD; so you can
    work on the model before your own split and features are right.
    """
    train, test = time_split(add_features(small_world(seed)), SplitConfig(START_DAY))
    columns = [*FEATURES, "CUSTOMER_ID", "TX_TIME_DAYS", "TX_FRAUD"]
    return tuple(part[columns].reset_index(drop=True) for part in (train, test))


def quick_model(transactions: pd.DataFrame) -> Pipeline:
    """Return a small fitted model to register: it reads the amount and the time of day."""
    features = pd.DataFrame(
        {
            "TX_AMOUNT": transactions["TX_AMOUNT"],
            "SECOND_OF_DAY": transactions["TX_TIME_SECONDS"] % 86_400,
        }
    )
    model = make_pipeline(StandardScaler(), LogisticRegression())
    return model.fit(features, transactions["TX_FRAUD"])
