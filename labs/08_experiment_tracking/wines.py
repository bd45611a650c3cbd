"""Real wines to tell apart, and the training whose runs this lab writes down.

The wines are those of the *Wine* data set (S. Aeberhard and M. Forina, 1991; UCI Machine Learning
Repository, licence CC BY 4.0), which is installed with scikit-learn: 178 Italian wines, thirteen
measurements of each, and which of three cultivars it was made of.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_wine
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

LABEL = "cultivar"
CULTIVARS = [0, 1, 2]


class Diverged(ArithmeticError):  # noqa: N818
    """Say that a training got out of hand."""


def wines(seed: int, noise: float = 0.6) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return 98 wines to learn from and 80 to choose by, `noise` standard deviations blurred."""
    bunch = load_wine(as_frame=True)
    frame = bunch.data.rename(columns=lambda name: name.replace("/", "_"))
    rng = np.random.default_rng(seed)
    frame = (frame + noise * frame.std().to_numpy() * rng.normal(size=frame.shape)).round(4)
    frame[LABEL] = bunch.target
    train_rows, valid_rows = train_test_split(
        frame, test_size=80, random_state=seed % 2**32, stratify=bunch.target
    )
    return train_rows.reset_index(drop=True), valid_rows.reset_index(drop=True)


def features(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the measurements alone, without the label."""
    return rows.drop(columns=LABEL, errors="ignore")


def train(rows: pd.DataFrame, settings: Mapping[str, Any]) -> Iterator[tuple[int, float, Pipeline]]:
    """Yield the epoch (from 0), the loss on `rows` and the model as it is after each epoch.

    `settings` are learning_rate, alpha, epochs and seed. Raise Diverged as soon as the loss is
    above 1 and more than 1.2 times the lowest one so far.
    """
    scaler = StandardScaler().fit(features(rows))
    classifier = SGDClassifier(
        loss="log_loss",
        learning_rate="constant",
        eta0=settings["learning_rate"],
        alpha=settings["alpha"],
        random_state=settings["seed"],
    )
    model = Pipeline([("scaler", scaler), ("classifier", classifier)])
    scaled, labels, lowest = scaler.transform(features(rows)), rows[LABEL], np.inf
    for epoch in range(settings["epochs"]):
        classifier.partial_fit(scaled, labels, classes=CULTIVARS)
        loss = float(log_loss(labels, classifier.predict_proba(scaled), labels=CULTIVARS))
        if loss > max(1, 1.2 * lowest):
            raise Diverged(f"The loss rose to {loss:.3g} in epoch {epoch}.")
        lowest = min(lowest, loss)
        yield epoch, loss, model


def fitted(rows: pd.DataFrame, settings: Mapping[str, Any]) -> Pipeline:
    """Return the model after the last epoch."""
    for _, _, last in train(rows, settings):
        model = last
    return model


def accuracy(model: Pipeline, rows: pd.DataFrame) -> float:
    """Return the share of `rows` whose cultivar the model names."""
    return float((model.predict(features(rows)) == rows[LABEL]).mean())
