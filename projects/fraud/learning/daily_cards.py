"""Card precision@k over cards drawn with replacement, without sorting them again for each draw."""

import numpy as np
import pandas as pd

from projects.fraud import columns as c


class DailyCards:
    """Hold each day's cards from the most to the least suspicious, as `metrics` orders them."""

    def __init__(self, test: pd.DataFrame, scores: np.ndarray, codes: np.ndarray) -> None:
        """Take the card of each row as a number from 0 on in `codes`."""
        cards = (
            pd.DataFrame(
                {
                    "day": test[c.TX_TIME_DAYS].to_numpy(),
                    "customer": test[c.CUSTOMER_ID].to_numpy(),
                    "card": codes,
                    "score": np.asarray(scores),
                    "fraud": test[c.TX_FRAUD].to_numpy(),
                }
            )
            .groupby(["day", "customer", "card"])
            .agg(score=("score", "max"), fraud=("fraud", "max"))
            .reset_index()
            .sort_values(["day", "score", "customer"], ascending=[True, False, True])
        )
        self._days = [
            (today["card"].to_numpy(), today["fraud"].to_numpy() == 1)
            for _, today in cards.groupby("day")
        ]
        self._cards = int(codes.max()) + 1

    def precision(self, k: int, copies: np.ndarray | None = None) -> float:
        """Return card precision@k where card i is there `copies[i]` times, each a card of its own.

        Copies of a card follow each other in the list; once one of them is found, all are known.
        """
        if copies is None:
            copies = np.ones(self._cards, dtype=np.int64)
        found = np.zeros(self._cards, dtype=bool)
        shares = []
        for cards, frauds in self._days:
            left = np.where(found[cards], 0, copies[cards])
            before = np.cumsum(left) - left
            caught = np.clip(k - before, 0, left) * frauds
            found[cards[caught > 0]] = True
            shares.append(caught.sum() / k)
        return float(np.mean(shares))
