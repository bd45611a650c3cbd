"""Work out the figures of the lesson: what each mistake costs, on small worlds of the project."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

from infra.features.batch import window_features
from infra.features.definition import Aggregation, FeatureSet, WindowAggregate
from infra.features.on_stream import StreamConfig, WindowState
from projects.fraud import columns as c
from projects.fraud import metrics
from projects.fraud.features import FeatureConfig
from projects.fraud.scenarios import FraudConfig
from projects.fraud.simulation import SimulationConfig, simulate
from projects.fraud.splitting import SplitConfig, time_split
from projects.fraud.windows.batch import batch_features, labels_known_in_time
from projects.fraud.windows.definitions import COUNTED_AT, customer_features, terminal_features

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SMALL = SimulationConfig(
    customers=1_000,
    terminals=500,
    days=42,
    radius=8,
    fraud=FraudConfig(terminals_per_day=0.5, cards_per_day=0.25),
)
GIANT = 1e16

SPEND = FeatureSet(
    "card",
    c.CUSTOMER_ID,
    c.TX_DATETIME,
    (
        WindowAggregate("SPEND_24H", Aggregation.SUM, DAY, c.TX_AMOUNT, decimals=2),
        WindowAggregate("PAYMENTS_6H", Aggregation.COUNT, 6 * HOUR),
        WindowAggregate("MEAN_7D", Aggregation.MEAN, 7 * DAY, c.TX_AMOUNT, decimals=2),
    ),
    c.TRANSACTION_ID,
)


def small_world(seed: int = 0, days: int = 42) -> pd.DataFrame:
    """Return about 1,900 payments a day of 1,000 cards, in order of time."""
    return simulate(replace(SMALL, days=days), seed)


def cost_of_skew(payments: pd.DataFrame, trees: int = 60) -> pd.DataFrame:
    """Return the average precision of one model that is served rightly, and with five mistakes.

    Model and test week stay the same; only what is served to the model changes. The last line is
    the floor: the share of fraud.
    """
    config = FeatureConfig()
    names = list(config.names)
    right = payments.assign(**batch_features(payments, config))
    train, test = time_split(right, SplitConfig(start_day=21))
    model = RandomForestClassifier(trees, min_samples_leaf=5, n_jobs=1, random_state=0)
    model.fit(train[names], train[c.TX_FRAUD])

    cards, terminals = customer_features(config), terminal_features(config)
    left = tuple(replace(one, closed="left") for one in cards.aggregates)
    labels = labels_known_in_time(payments)
    served = {
        "as it was trained": test,
        "cards: the present payment left out": window_features(
            replace(cards, aggregates=left), payments, test
        ),
        "cards: a clock four hours behind": window_features(
            cards, payments, _earlier(test, 4 * HOUR)
        ),
        "terminals: a store one week behind": window_features(
            terminals, labels, _earlier(test, 7 * DAY).rename(columns={c.TX_DATETIME: COUNTED_AT})
        ),
        "terminals: nothing found, 0 for all": pd.DataFrame(0.0, test.index, terminals.names),
    }
    frauds = test[c.TX_FRAUD].to_numpy()
    rows = {}
    for name, columns in served.items():
        changed = [key for key in names if key in columns]
        wrong = test.assign(**{key: columns[key] for key in changed})
        scores = model.predict_proba(wrong[names])[:, 1]
        same = (wrong[names].round(6) == test[names].round(6)).all(axis=1)
        rows[name] = {
            "rows served right": same.mean(),
            "average precision": metrics.average_precision(frauds, scores),
        }
    rows["random scores"] = {"rows served right": np.nan, "average precision": frauds.mean()}
    return pd.DataFrame(rows).T


def _earlier(payments: pd.DataFrame, by: timedelta) -> pd.DataFrame:
    return payments.assign(**{c.TX_DATETIME: payments[c.TX_DATETIME] - by})


def errors_of_running_sums(events: int = 200_000, window: int = 50, seed: int = 0) -> pd.DataFrame:
    """Return how wrong a sum over the last `window` amounts is, after each of many steps.

    `add and subtract` keeps one number; `after a giant` is the same with one amount of 10^16
    early on; `added anew` adds up what is in the window each time.
    """
    amounts = np.random.default_rng(seed).gamma(2.0, 30.0, events).round(2)
    cents = np.rint(amounts * 100).astype(np.int64)
    exact = np.convolve(cents, np.ones(window, dtype=np.int64))[:events] / 100
    anew = np.lib.stride_tricks.sliding_window_view(
        np.concatenate([np.zeros(window - 1), amounts]), window
    ).sum(axis=1)
    shown = np.unique(np.geomspace(3 * window, events, 300).astype(int)) - 1
    found = {"add and subtract": _running(amounts, window), "added anew": anew}
    shocked = amounts.copy()
    shocked[window] = GIANT
    found["after a giant"] = _running(shocked, window)
    return pd.DataFrame(
        {name: np.abs(sums[shown] - exact[shown]) for name, sums in found.items()}, index=shown + 1
    )


def _running(amounts: np.ndarray, window: int) -> np.ndarray:
    leaving = np.concatenate([np.zeros(window), amounts[:-window]])
    steps = np.column_stack([amounts, -leaving]).ravel()
    return np.cumsum(steps)[1::2]


def price_of_lateness(payments: pd.DataFrame, allowed: Sequence[timedelta]) -> pd.DataFrame:
    """Return the share of events refused as late and the most events held, for each lateness.

    Delays on the way are log-normal: half of all events take 20 seconds or more, one in a
    hundred over half an hour.
    """
    delay = np.random.default_rng(0).lognormal(np.log(20), 2.0, len(payments))
    arrival = payments[c.TX_DATETIME] + pd.to_timedelta(delay, unit="s")
    rows = payments.iloc[np.argsort(arrival.to_numpy(), kind="stable")].to_dict("records")
    short = replace(SPEND, aggregates=SPEND.aggregates[1:2])
    found = {}
    for lateness in allowed:
        state = WindowState(short, StreamConfig(lateness, tidy_every=500))
        most = 0
        for number, row in enumerate(rows):
            state.add({**row, c.TX_DATETIME: row[c.TX_DATETIME].to_pydatetime()})
            if number % 500 == 0:
                most = max(most, sum(len(history) for history in state.histories.values()))
        late = state.arrivals["late"] / len(rows)
        found[lateness] = {"refused": late, "most events held": most}
    return pd.DataFrame(found).T


def wrong_rows_by_chunk(payments: pd.DataFrame, chunks: Sequence[timedelta]) -> pd.DataFrame:
    """Return the share of rows a backfill gets wrong whose chunks read their own events alone."""
    due = window_features(SPEND, payments)
    found = {}
    for chunk in chunks:
        number = (payments[c.TX_DATETIME] - payments[c.TX_DATETIME].min()) // chunk
        parts = [window_features(SPEND, rows) for _, rows in payments.groupby(number)]
        got = pd.concat(parts).loc[due.index]
        same = np.isclose(got, due, equal_nan=True)
        found[chunk] = dict(zip(due.columns, 1 - same.mean(axis=0), strict=True))
    return pd.DataFrame(found).T


def stale_after_replay(payments: pd.DataFrame, replayed: Sequence[timedelta]) -> pd.Series:
    """Return the share of cards whose online value is wrong while a replay is under way.

    The store is written last-come-wins, a consumer goes back by so much and has done half of it.
    """
    rows = payments.sort_values(c.TX_DATETIME)
    newest = rows.groupby(c.CUSTOMER_ID)[c.TRANSACTION_ID].last()
    end, found = rows[c.TX_DATETIME].max(), {}
    for back in replayed:
        again = rows[rows[c.TX_DATETIME] > end - back]
        store = newest.copy()
        half = again.head(len(again) // 2).groupby(c.CUSTOMER_ID)[c.TRANSACTION_ID].last()
        store.update(half)
        found[back] = float((store != newest).mean())
    return pd.Series(found)


def daily_matching(payments: pd.DataFrame, wrong_since: pd.Timestamp) -> pd.DataFrame:
    """Return by day the share of served values that match what was due.

    Until `wrong_since` all is well but for what was late; from then on the online path takes the
    wall clock of a city two hours ahead for UTC, as the summer time of central Europe is.
    """
    due = window_features(SPEND, payments)
    # Online there is nothing from the future: of the window only its old end moves.
    shorter = tuple(replace(one, window=one.window - 2 * HOUR) for one in SPEND.aggregates)
    skewed = window_features(replace(SPEND, aggregates=shorter), payments)
    late = np.random.default_rng(0).random(due.shape) < 0.01
    served = due.where(~late, due * 0.9)
    wrong = (payments[c.TX_DATETIME] >= wrong_since).to_numpy()
    served[wrong] = skewed[wrong]
    same = np.isclose(served, due, equal_nan=True)
    day = payments[c.TX_DATETIME].dt.normalize().to_numpy()
    return pd.DataFrame(same, columns=due.columns).groupby(day).mean()


def sawtooth(window: float = 60.0, tile: float = 15.0, until: float = 180.0) -> pd.DataFrame:
    """Return, for questions at each minute, how far back the window reaches, in minutes."""
    at = np.arange(window, until, 0.25)
    start = np.floor((at - window) / tile) * tile
    return pd.DataFrame({"exact": window, "in tiles": at - start}, index=at)
