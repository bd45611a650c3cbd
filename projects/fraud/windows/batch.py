"""Compute the features of many payments at once, in pandas or DuckDB, from the definitions."""

from typing import Literal

import numpy as np
import pandas as pd

from infra.features.batch import window_features
from infra.features.on_duckdb import duckdb_window_features
from projects.fraud import columns as c
from projects.fraud.features import FIRST_WEEKEND_DAY, LAST_HOUR_OF_NIGHT, FeatureConfig
from projects.fraud.windows.definitions import COUNTED_AT, customer_features, terminal_features

_ENGINES = {"pandas": window_features, "duckdb": duckdb_window_features}


def batch_features(
    payments: pd.DataFrame,
    config: FeatureConfig | None = None,
    *,
    labels: pd.DataFrame | None = None,
    history: pd.DataFrame | None = None,
    engine: Literal["pandas", "duckdb"] = "pandas",
) -> pd.DataFrame:
    """Return the columns `config.names` for each payment, on its index.

    `payments` has the columns of `projects.fraud.columns`. `history` are the payments that the
    cards' windows hold, by default `payments`; a payment that it lacks is missing in its own
    window. `labels` is made by `labels_known_in_time` or has the columns TRANSACTION_ID,
    TERMINAL_ID, TX_FRAUD and COUNTED_AT; by default every payment was labelled in time. Raise
    FeatureError for columns that are missing or cannot be used.
    """
    config = config or FeatureConfig()
    history = payments if history is None else history
    labels = labels_known_in_time(history) if labels is None else labels
    compute = _ENGINES[engine]
    customer = compute(customer_features(config), history, payments)
    asked = payments[[c.TERMINAL_ID]].assign(**{COUNTED_AT: payments[c.TX_DATETIME]})
    terminal = compute(terminal_features(config), labels, asked)
    moment = payments[c.TX_DATETIME].dt
    present = pd.DataFrame(
        {
            c.TX_AMOUNT: payments[c.TX_AMOUNT],
            "TX_DURING_WEEKEND": (moment.weekday >= FIRST_WEEKEND_DAY).astype(np.int64),
            "TX_DURING_NIGHT": (moment.hour <= LAST_HOUR_OF_NIGHT).astype(np.int64),
        },
        index=payments.index,
    )
    return pd.concat([present, customer, terminal], axis=1)[list(config.names)]


def labels_known_in_time(payments: pd.DataFrame) -> pd.DataFrame:
    """Return the labels of payments whose truth was known within the label delay."""
    named = payments[[c.TRANSACTION_ID, c.TERMINAL_ID, c.TX_FRAUD]]
    return named.assign(**{COUNTED_AT: payments[c.TX_DATETIME]})
