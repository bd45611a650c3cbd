"""Split transactions by time, with a gap for the label delay and without the cards known bad."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from projects.fraud import columns as c


@dataclass(frozen=True)
class SplitConfig:
    """Configure a split, in days counted from the first day of the data."""

    start_day: int
    train_days: int = 7
    delay_days: int = 7
    test_days: int = 7

    @property
    def test_start(self) -> int:
        return self.start_day + self.train_days + self.delay_days

    @property
    def end_day(self) -> int:
        """Return the first day after the test period."""
        return self.test_start + self.test_days


def time_split(
    transactions: pd.DataFrame, config: SplitConfig
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the training and the test transactions, rows and index as they stand.

    The days between the two are those whose labels are still unknown when the test begins. From
    each test day the cards known to be compromised by then are gone, for a bank blocks them: those
    with a fraud since `start_day` that is more than `delay_days` old. Raise ValueError if a
    period is empty.
    """
    day = transactions[c.TX_TIME_DAYS]
    train = transactions[(day >= config.start_day) & (day < config.start_day + config.train_days)]
    test = transactions[(day >= config.test_start) & (day < config.end_day)]
    for name, part in (("training", train), ("test", test)):
        if part.empty:
            raise ValueError(
                f"no transactions in the {name} period of {config}; "
                f"the data has days {day.min()} to {day.max()}"
            )
    return train, test[~_known_compromised(transactions, test, config)]


def _known_compromised(
    transactions: pd.DataFrame, test: pd.DataFrame, config: SplitConfig
) -> np.ndarray:
    day = transactions[c.TX_TIME_DAYS]
    frauds = transactions[(transactions[c.TX_FRAUD] == 1) & (day >= config.start_day)]
    first_fraud = frauds.groupby(c.CUSTOMER_ID)[c.TX_TIME_DAYS].min()
    known_on = test[c.CUSTOMER_ID].map(first_fraud) + config.delay_days + 1
    return (known_on <= test[c.TX_TIME_DAYS]).to_numpy()
