"""Draw the lesson's pictures: python -m projects.fraud.lessons.fraud_3_baseline_model.draw."""

from pathlib import Path

import numpy as np
import pandas as pd

from projects.fraud import columns as c
from projects.fraud import metrics, pictures
from projects.fraud.baselines import candidates
from projects.fraud.features import add_features
from projects.fraud.simulation import SimulationConfig, simulate
from projects.fraud.splitting import time_split
from projects.fraud.training import TrainingConfig, train_detector

WORLD = SimulationConfig(days=136)
# Windows of 30 days behind a delay of 7 reach back to here from the first day of the rehearsal.
FIRST_DAY_NEEDED = 60


def draw(folder: Path) -> list[Path]:
    """Write the pictures of the lesson into `folder` and return their paths."""
    config = TrainingConfig()
    payments = simulate(WORLD, 0)
    featured = add_features(payments[payments[c.TX_TIME_DAYS] >= FIRST_DAY_NEEDED])
    train, test = time_split(featured, config.split)
    labels = test[c.TX_FRAUD].to_numpy()
    by_name = {one.name: one for one in candidates(config.seed, config.trees)}
    shown = ("amount rule", "deep tree", "forest")
    scores = {name: by_name[name].fit(train, config.features.names)(test) for name in shown}

    detector = train_detector(featured, by_name["forest, balanced"], config)
    probabilities = detector.probabilities(test)
    said = {"balanced forest": detector.raw_scores(test), "the same, calibrated": probabilities}

    days = {name: metrics.card_precision_by_day(test, s, config.k) for name, s in scores.items()}
    perfect = metrics.card_precision_by_day(test, labels, config.k)
    drawn = {
        "timeline": pictures.timeline(config.split),
        "two_curves": pictures.two_curves(labels, scores),
        "card_precision": pictures.by_day(days, perfect, config.k),
        "reliability": pictures.reliability(labels, said),
        "costs": pictures.costs(*_cost_of_weeks(test, probabilities, config), detector.threshold),
    }
    folder.mkdir(exist_ok=True)
    return [pictures.save(figure, folder / f"{name}.svg") for name, figure in drawn.items()]


def _cost_of_weeks(
    test: pd.DataFrame, probabilities: np.ndarray, config: TrainingConfig
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    thresholds = np.geomspace(0.005, 0.95, 120)
    labels, amounts = test[c.TX_FRAUD].to_numpy(), test[c.TX_AMOUNT].to_numpy()
    cost = [
        metrics.total_cost(labels, amounts, probabilities >= threshold, config.review_cost)
        for threshold in thresholds
    ]
    return thresholds, {"test week": np.array(cost)}


if __name__ == "__main__":
    for path in draw(Path(__file__).parent / "pictures"):
        print(path)
