"""The pictures show what they were given, and are the same bytes each time."""

import numpy as np
import pandas as pd
import pytest

from projects.fraud import pictures
from projects.fraud.splitting import SplitConfig


@pytest.fixture(scope="module")
def scored():
    rng = np.random.default_rng(0)
    scores = rng.random(4_000)
    return (rng.random(4_000) < scores**4).astype(int), scores


def test_a_picture_is_the_same_each_time(tmp_path):
    paths = [
        pictures.save(pictures.timeline(SplitConfig(115)), tmp_path / name) for name in ("a", "b")
    ]
    one, other = (path.read_bytes() for path in paths)
    assert one == other and b"no labels yet" in one


def test_reliability_puts_honest_scores_on_the_line(scored):
    labels, scores = scored
    axes = pictures.reliability(labels, {"honest": scores**4}).axes[0]
    predicted, observed = axes.lines[1].get_data()
    assert np.allclose(predicted[-4:], observed[-4:], atol=0.1)
    assert [line.get_label() for line in axes.lines][1] == "honest"


def test_curves_end_where_everything_is_found(scored):
    labels, scores = scored
    roc, precision_recall = pictures.two_curves(labels, {"model": scores}).axes
    assert roc.lines[0].get_data()[1][-1] == 1
    recall, precision = precision_recall.lines[0].get_data()
    assert recall.max() == 1 and precision.min() == pytest.approx(labels.mean(), abs=0.02)


def test_costs_and_days_carry_their_names():
    thresholds = np.array([0.1, 0.5, 0.9])
    axes = pictures.costs(thresholds, {"week": thresholds * 10}, 0.3).axes[0]
    assert "chosen: 0.30" in [line.get_label() for line in axes.lines]
    days = pd.Series([0.2, 0.4], index=[35, 36])
    axes = pictures.by_day({"model": days}, days + 0.1, 20).axes[0]
    assert axes.get_ylabel() == "card precision@20" and len(axes.lines) == 2
