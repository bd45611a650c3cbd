"""A small world of card payments, day by day, and a small model of them."""

from typing import Any

import numpy as np
import pandas as pd

CHANNELS = ("phone", "shop", "web")
DELAY = 7  # days until the last complaint about a payment has come
ALERTS = 0.015  # share of payments that investigators can look at
_AMOUNTS = (5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0)
_GAPS = (6.0, 30.0, 120.0, 480.0)


def payments(
    seed: int,
    days: int = 90,
    new_fraud_from: int | None = None,
    holidays: tuple[int, ...] = (),
    cards: int = 900,
) -> pd.DataFrame:
    """Return payments in order of `day`, with the truth about them.

    Columns: `payment` (a number of its own), `day`, `card`, `channel`, `amount` (euros), `gap`
    (minutes since the card's payment before), `is_fraud` (0 or 1) and `told` (the day at whose end
    the bank knows of a fraud, at most 7 days later; nan where there is none). From day
    `new_fraud_from` on there is a second kind of fraud: small series by phone, minutes apart. On
    holidays people pay twice as often, and a little more.
    """
    rng = np.random.default_rng(seed)
    often, typical = rng.gamma(2.0, 0.45, cards), rng.normal(3.3, 0.4, cards)
    stolen: list[tuple[int, int]] = []  # card, last day
    found = []
    for day in range(days):
        holiday = day in holidays
        busy = np.exp(rng.normal(0, 0.06)) * (0.9 if day % 7 == 6 else 1.0) * (1 + holiday)
        # Weather, pay days, the news: a day's payments have much in common.
        mood = rng.normal(0, 0.05) + (0.02 if holiday else 0.0)
        card = np.repeat(np.arange(cards), rng.poisson(often * busy))
        amount = np.exp(typical[card] + mood + rng.normal(0, 0.7, len(card)))
        gap = 1 + rng.exponential(700, len(card))
        found.append(_rows(rng, day, card, (0.15, 0.5, 0.35), amount, gap, 0))
        stolen = [one for one in stolen if one[1] >= day]
        stolen += [(int(rng.integers(cards)), day + 9) for _ in range(rng.poisson(0.5))]
        card = np.repeat([one[0] for one in stolen], rng.poisson(1.2, len(stolen))).astype(int)
        amount = np.exp(typical[card] + 1.5 + rng.normal(0, 0.5, len(card)))
        gap = 1 + rng.exponential(300, len(card))
        found.append(_rows(rng, day, card, (0.02, 0.03, 0.95), amount, gap, 1))
        if new_fraud_from is not None and day >= new_fraud_from:
            card = np.repeat(rng.integers(0, cards, rng.poisson(6.0)), 3)
            amount = np.exp(4.2 + rng.normal(0, 0.4, len(card)))
            gap = 1 + rng.exponential(3, len(card))
            found.append(_rows(rng, day, card, (0.9, 0.05, 0.05), amount, gap, 1))
    frame = pd.concat(found, ignore_index=True)
    frame.insert(0, "payment", np.arange(len(frame)) + 1_000)
    return frame


def _rows(
    rng: np.random.Generator,
    day: int,
    card: np.ndarray,
    shares: tuple[float, ...],
    amount: np.ndarray,
    gap: np.ndarray,
    fraud: int,
) -> pd.DataFrame:
    told = day + rng.integers(1, DELAY + 1, len(card)) if fraud else np.full(len(card), np.nan)
    return pd.DataFrame(
        {
            "day": day,
            "card": card,
            "channel": rng.choice(CHANNELS, len(card), p=shares),
            "amount": np.round(amount, 2) + 0.01,
            "gap": np.round(gap, 1),
            "is_fraud": fraud,
            "told": told,
        }
    )


def as_known(truth: pd.DataFrame, today: int) -> pd.DataFrame:
    """Return the payments as the bank knows them at the end of `today`.

    Days up to `today`; `is_fraud` is 0 for a fraud of which nobody has told yet.
    """
    seen = truth[truth["day"] <= today]
    told = (seen["told"] <= today).astype(int)
    return seen.drop(columns="told").assign(is_fraud=told).reset_index(drop=True)


def fit(train: pd.DataFrame) -> dict[str, Any]:
    """Return a model as plain data: log odds of each part of a payment, and the alert `level`.

    The level is the score that the highest 1.5 % of the training payments reach.
    """
    fraud = train["is_fraud"].to_numpy() == 1
    model: dict[str, Any] = {"prior": float(np.log((fraud.sum() + 1) / ((~fraud).sum() + 1)))}
    for name, place in _places(train).items():
        bad = np.bincount(place[fraud], minlength=_SIZES[name]) + 1.0
        good = np.bincount(place[~fraud], minlength=_SIZES[name]) + 1.0
        model[name] = np.log(bad / bad.sum() / (good / good.sum())).tolist()
    model["level"] = float(np.quantile(score(model, train), 1 - ALERTS, method="higher"))
    return model


def score(model: dict[str, Any], rows: pd.DataFrame) -> np.ndarray:
    """Return the model's probability of fraud for each row."""
    odds = np.full(len(rows), model["prior"])
    for name, place in _places(rows).items():
        odds += np.array(model[name])[place]
    return 1 / (1 + np.exp(-odds))


_SIZES = {"amount": len(_AMOUNTS) + 1, "gap": len(_GAPS) + 1, "channel": len(CHANNELS)}


def _places(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    return {
        "amount": np.digitize(rows["amount"], _AMOUNTS),
        "gap": np.digitize(rows["gap"], _GAPS),
        "channel": np.searchsorted(CHANNELS, rows["channel"].to_numpy(str)),
    }
