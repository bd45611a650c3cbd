"""The exported model says what LightGBM says, the same to everyone, and cannot be swapped."""

import json

import lightgbm
import numpy as np
import onnxmltools
import onnxruntime
import pytest
from onnxmltools.convert.common.data_types import FloatTensorType

from autograder.errors import CourseError
from projects.fraud.learning.calibration import Calibration
from projects.fraud.learning.scoring_model import NEVER, ScoringModel

FEATURES = ("amount", "count", "mean", "risk")


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    rng = np.random.default_rng(3)
    amount = np.round(rng.gamma(2.0, 30.0, 4_000), 2)
    count = rng.integers(1, 40, 4_000)
    return np.column_stack([amount, count, amount / count, rng.random(4_000) ** 4])


@pytest.fixture(scope="module")
def booster(rows) -> lightgbm.Booster:
    chance = 1 / (1 + np.exp(6 - rows[:, 0] / 40 - 4 * rows[:, 3]))
    labels = np.random.default_rng(4).random(len(rows)) < chance
    options = {"objective": "binary", "num_leaves": 15, "verbose": -1, "num_threads": 1}
    return lightgbm.train(options, lightgbm.Dataset(rows, labels.astype(int)), 60)


@pytest.fixture(scope="module")
def model(booster) -> ScoringModel:
    knots = Calibration((-6.0, -3.0, 0.0, 2.0), (0.0, 0.05, 0.05, 0.9))
    return ScoringModel.of(booster, knots, 0.3, FEATURES)


def logistic(margins):
    return 1 / (1 + np.exp(-margins))


def at_thresholds(booster, rows):
    """Return rows whose amount is a threshold of the trees, and the numbers right beside it."""
    frame = booster.trees_to_dataframe()
    found = frame.loc[frame["split_feature"] == "Column_0", "threshold"].to_numpy()
    around = np.concatenate([found, np.nextafter(found, 0), np.nextafter(found, np.inf)])
    made = np.repeat(rows[:1], len(around), axis=0)
    made[:, 0] = around
    return made


def test_it_says_what_lightgbm_says(model, booster, rows):
    for some in (rows, at_thresholds(booster, rows)):
        expected = booster.predict(some)
        assert np.abs(logistic(model.margins(some)) - expected).max() < 1e-6
    assert np.ptp(expected) > 0.05


def test_thresholds_of_32_bits_would_not(booster, rows):
    graph = onnxmltools.convert_lightgbm(
        booster, initial_types=[("x", FloatTensorType([None, 4]))], zipmap=False, target_opset=15
    )
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    near = at_thresholds(booster, rows)
    found = session.run(None, {"x": near.astype(np.float32)})[1][:, 1]
    assert np.abs(found - booster.predict(near)).max() > 1e-3


@pytest.mark.parametrize("size", [1, 2, 7, 50, 64, 129, 1_000])
def test_a_row_has_the_same_bytes_in_any_company(model, rows, size):
    whole = model.scores(rows)
    parts = [model.scores(rows[at : at + size]) for at in range(0, 2_000, size)]
    assert np.concatenate(parts).tobytes()[: 2_000 * 8] == whole[:2_000].tobytes()
    reverse = np.asfortranarray(rows[::-1])
    assert model.scores(reverse)[::-1].tobytes() == whole.tobytes()


def test_rows_that_mean_nothing_are_refused(model, rows):
    broken = rows[:3].copy()
    broken[1, 2] = np.nan
    with pytest.raises(ValueError, match="feature mean"):
        model.scores(broken)
    with pytest.raises(ValueError, match="rows must be"):
        model.scores(rows[:, :3])
    assert model.scores(rows[:0]).shape == (0,)


def test_reasons_are_shapley_values_that_add_up(model, booster, rows):
    parts = model.contributions(rows[:50])
    np.testing.assert_allclose(parts.sum(axis=1), model.margins(rows[:50]), atol=1e-5)
    worst = rows[np.argmax(model.margins(rows))]
    reasons = model.reasons(worst)
    assert reasons[0].feature in ("amount", "risk") and len(reasons) <= 3
    assert reasons[0].value == worst[FEATURES.index(reasons[0].feature)]
    weights = [one.contribution for one in reasons]
    assert weights == sorted(weights, reverse=True) and min(weights) > 0
    assert len(model.reasons(worst, top=1)) == 1


def test_reasons_agree_with_the_definition(rows):
    """One tree on two features: Shapley's formula by hand, over the tree's own covers."""
    labels = ((rows[:, 0] > 60) & (rows[:, 3] > 0.2)).astype(int)
    options = {"objective": "binary", "num_leaves": 3, "verbose": -1, "num_threads": 1}
    booster = lightgbm.train(options, lightgbm.Dataset(rows, labels), 1)
    frame = booster.trees_to_dataframe().set_index("node_index")
    row = rows[np.flatnonzero(labels)[0]]

    def value(known, node="0-S0"):
        one = frame.loc[node]
        if not isinstance(one["split_feature"], str):
            return one["value"]
        feature = int(one["split_feature"].removeprefix("Column_"))
        sides = [one["left_child"], one["right_child"]]
        if feature in known:
            return value(known, sides[int(row[feature] > one["threshold"])])
        counts = [frame.loc[side, "count"] for side in sides]
        return np.average([value(known, side) for side in sides], weights=counts)

    amount, risk = 0, 3
    by_hand = {
        amount: (value({amount}) - value(set()) + value({amount, risk}) - value({risk})) / 2,
        risk: (value({risk}) - value(set()) + value({amount, risk}) - value({amount})) / 2,
    }
    found = ScoringModel.of(booster, Calibration((0.0,), (0.5,)), 1.0, FEATURES)
    parts = found.contributions(row[None, :])[0]
    np.testing.assert_allclose(parts[[amount, risk]], [by_hand[amount], by_hand[risk]], rtol=1e-5)
    assert abs(by_hand[amount]) > 0.01 and abs(by_hand[risk]) > 0.01


def test_a_folder_gives_the_same_model_back(model, rows, tmp_path):
    model.renamed("fraud-detector/7").save(tmp_path)
    again = ScoringModel.load(tmp_path)
    assert again == model.renamed("fraud-detector/7")
    assert again.scores(rows).tobytes() == model.scores(rows).tobytes()
    assert again.reasons(rows[0]) == model.reasons(rows[0])
    assert {one.suffix for one in tmp_path.iterdir()} == {".onnx", ".txt", ".json"}


@pytest.mark.parametrize("part", ["model.onnx", "trees.txt"])
def test_a_part_of_another_model_is_refused(model, tmp_path, part):
    model.save(tmp_path)
    (tmp_path / part).write_bytes((tmp_path / part).read_bytes() + b" ")
    with pytest.raises(CourseError, match=f"{part} is not the file"):
        ScoringModel.load(tmp_path)


def test_a_card_that_does_not_fit_is_refused(model, tmp_path):
    model.save(tmp_path)
    kept = json.loads((tmp_path / "card.json").read_text())
    for change, words in (
        ({"packages": {**kept["packages"], "lightgbm": "3.0.0"}}, "written with lightgbm 3.0.0"),
        ({"probabilities": []}, "as many margins"),
        ({"format": 2}, "is no card"),
    ):
        (tmp_path / "card.json").write_text(json.dumps({**kept, **change}))
        with pytest.raises(CourseError, match=words):
            ScoringModel.load(tmp_path)
    (tmp_path / "card.json").unlink()
    with pytest.raises(CourseError, match=r"card\.json"):
        ScoringModel.load(tmp_path)


def test_calibration_is_isotonic_regression_and_never_falls():
    rng = np.random.default_rng(0)
    margins = rng.normal(-4, 2, 3_000)
    labels = rng.random(3_000) < logistic(margins)
    calibration = Calibration.fit(margins, labels)
    probe = np.sort(rng.normal(-4, 3, 500))
    found = calibration.apply(probe)
    expected = np.interp(probe, calibration.margins, calibration.probabilities)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert (np.diff(found) >= 0).all() and found.min() >= 0 and found.max() <= 1
    inside = calibration.apply(margins)
    assert inside.mean() == pytest.approx(labels.mean(), abs=1e-9)
    with pytest.raises(ValueError, match="must ascend"):
        Calibration((0.0, 0.0), (0.1, 0.2))


def test_a_model_that_never_pays_never_alerts(model, booster, rows, tmp_path):
    silent = ScoringModel.of(booster, model.calibration, float("inf"), FEATURES)
    assert silent.threshold == NEVER
    silent.save(tmp_path)
    assert not ScoringModel.load(tmp_path).alerts(rows).any()
