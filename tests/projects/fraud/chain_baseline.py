"""The chain's step of the baseline: it learns from the features, and sets the scorer's level."""

from typing import Any

import numpy as np
import pandas as pd
from chain_features import ASKED_FOR, DELAY, WINDOWS

from projects.fraud.features import add_features

PAST, PRESENT, WEEK = 7, 21, 7
CALLS, REVIEW, BINS = 20, 5.0, 10
Story = dict[str, Any]


def baseline(story: Story) -> dict[str, Any]:
    """Train on one week, measure on another that waited for its labels, register the model."""
    import baseline as b

    history = story["history"]
    risks = {days: b.terminal_risk(history, DELAY, days) for days in WINDOWS}
    windows = {
        f"TERMINAL_ID_{what}_{days}DAY_WINDOW": risk[column]
        for days, risk in risks.items()
        for what, column in (("NB_TX", "NB_TX"), ("RISK", "RISK"))
    }
    known = story["features"].join(pd.DataFrame(windows))
    weeks = {}
    for name, start in (("past", PAST), ("present", PRESENT)):
        train, test = b.time_split(history, start, WEEK, WEEK, WEEK)
        seen, asked = known.loc[train.index], known.loc[test.index]
        scores = b.fraud_scores(seen, asked.drop(columns="TX_FRAUD"))
        weeks[name] = (seen, asked, asked["TX_FRAUD"].to_numpy(), scores)
    _, last_week, labels_before, scores_before = weeks["past"]
    train, week, labels, scores = weeks["present"]

    before = b.calibrate(scores_before, labels_before, scores_before)
    probabilities = b.calibrate(scores_before, labels_before, scores)
    amounts_before = last_week["TX_AMOUNT"].to_numpy()
    level = b.cheapest_threshold(labels_before, before, amounts_before, REVIEW)
    b.promote(b.register(train, story["revision"]))
    champion = b.champion()
    # Calibration keeps the order: a level of probabilities is a level of scores too.
    threshold = float(scores_before[before >= level].min())
    story |= {
        "week": week,
        "scores": scores,
        "probabilities": probabilities,
        "level": level,
        "calibrated_by": (scores_before, labels_before),
        "watched": known.assign(score=b.fraud_scores(train, known)),
        "model": _as_model(train, f"{b.MODEL}-{champion['version']}", threshold),
    }
    due = add_features(story["sold"]).set_index("TRANSACTION_ID")
    due = due.loc[known["TRANSACTION_ID"], [*windows]].to_numpy()
    even = len(labels) // BINS * BINS
    return {
        "first_test_day": int(week["TX_TIME_DAYS"].min()),
        "last_train_day": int(train["TX_TIME_DAYS"].max()),
        "week": len(week),
        "learned_on": sorted(b.FEATURES),
        "risk_from_the_projects": float(np.abs(known[[*windows]].to_numpy() - due).max()),
        "average_precision": b.average_precision(labels, scores),
        "average_precision_by_amount": b.average_precision(labels, week["TX_AMOUNT"].to_numpy()),
        "error": b.calibration_error(labels[:even], scores[:even], BINS),
        "error_calibrated": b.calibration_error(labels[:even], probabilities[:even], BINS),
        "level": level,
        "champion": champion,
        "hash_of_shuffled": b.data_hash(train.sample(frac=1, random_state=0)),
    }


def _as_model(train: pd.DataFrame, version: str, threshold: float) -> dict[str, Any]:
    """Read a linear model off its answers, in the form that the scorer of milestone 5 takes.

    One answer is about the usual payment, each other one about a payment that differs from it in
    one feature alone: of a model that is not linear the scores would come out wrong.
    """
    import baseline as b

    usual, wide = train[b.FEATURES].mean(), train[b.FEATURES].std().replace(0, 1)
    probes = [usual, *(usual + wide.where(wide.index == name, 0) for name in b.FEATURES)]
    told = b.fraud_scores(train, pd.DataFrame(probes))
    odds = np.log(told) - np.log1p(-told)
    return {
        "version": version,
        "bias": float(odds[0]),
        "threshold": threshold,
        "features": {
            "terminal_risk" if name == ASKED_FOR else name: {
                "weight": float(weight),
                "typical": float(usual[name]),
                "scale": float(wide[name]),
                "words": name,
            }
            for name, weight in zip(b.FEATURES, odds[1:] - odds[0], strict=True)
        },
    }


def cost(labels: np.ndarray, alerts: np.ndarray, amounts: np.ndarray) -> float:
    """Return what reviews and missed frauds cost together."""
    return float(REVIEW * alerts.sum() + amounts[(labels == 1) & ~alerts].sum())
