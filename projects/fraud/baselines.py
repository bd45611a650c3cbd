"""The candidates of the baseline table: two without a model, and four that learn."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from projects.fraud import columns as c


@dataclass(frozen=True)
class Candidate:
    """Name a way to score transactions; `build` is None where nothing is learnt."""

    name: str
    build: Callable[[], ClassifierMixin] | None = None
    rule: Callable[[pd.DataFrame], np.ndarray] | None = None

    def fit(
        self, train: pd.DataFrame, features: tuple[str, ...]
    ) -> Callable[[pd.DataFrame], np.ndarray]:
        """Return a function from transactions to scores in [0, 1]."""
        if self.build is None:
            if self.rule is None:
                raise ValueError(f"candidate {self.name} has neither a model nor a rule")
            return self.rule
        model = self.fit_model(train, features)
        return lambda frame: model.predict_proba(frame[list(features)])[:, 1]

    def fit_model(self, train: pd.DataFrame, features: tuple[str, ...]) -> ClassifierMixin:
        """Return the fitted model; raise ValueError for a rule, which has none."""
        if self.build is None:
            raise ValueError(f"candidate {self.name} is a rule: there is no model to fit")
        model = self.build().fit(train[list(features)], train[c.TX_FRAUD])
        if "n_jobs" in model.get_params():
            # Threads add the trees up in the order in which they end, which changes the last bits
            # of a score: the same payment must get the same score twice.
            model.set_params(n_jobs=1)
        return model


def candidates(seed: int, trees: int = 100) -> tuple[Candidate, ...]:
    """Return the baseline table's candidates, from the floor upwards."""
    return (
        Candidate("random", rule=lambda frame: np.random.default_rng(seed).random(len(frame))),
        Candidate("amount rule", rule=_by_amount),
        Candidate(
            "logistic regression",
            lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=1_000)),
        ),
        Candidate("deep tree", lambda: DecisionTreeClassifier(random_state=seed)),
        Candidate("forest", lambda: forest(seed, trees)),
        Candidate("forest, balanced", lambda: forest(seed, trees, class_weight="balanced")),
    )


def forest(seed: int, trees: int = 100, class_weight: str | None = None) -> RandomForestClassifier:
    """Return the baseline forest; its leaves hold five, so that its scores are not all 0 or 1."""
    return RandomForestClassifier(
        trees, min_samples_leaf=5, class_weight=class_weight, random_state=seed, n_jobs=2
    )


def _by_amount(frame: pd.DataFrame) -> np.ndarray:
    amount = frame[c.TX_AMOUNT].to_numpy(float)
    return amount / (amount + 100.0)
