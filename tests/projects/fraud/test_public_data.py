"""Both public sets are read in their own columns and learnt from; what is wrong is named."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from learning_samples import LEARNING, payments

from autograder.errors import CourseError
from projects.fraud import columns as c
from projects.fraud.learning.boosting import BoostingConfig
from projects.fraud.learning.learning_run import CALIBRATED, learn
from projects.fraud.learning.public_material import PAYMENT_PRECISION, material_of_public
from projects.fraud.learning.public_run import learn_from_public
from projects.fraud.learning.resampling import AVERAGE_PRECISION, PRECISION_AT_K
from projects.fraud.learning.scoring_model import ScoringModel
from projects.fraud.learning.tuning import TuningConfig
from projects.fraud.training import TrainingConfig
from projects.fraud.world.public_data import Kind, load_public_data

SMALL_TREES = BoostingConfig(n_estimators=15, num_leaves=6)


def written(frame: pd.DataFrame, path):
    if path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def anonymised() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    fraud = (rng.random(6_000) < 0.03).astype(int)
    frame = pd.DataFrame(rng.normal(size=(6_000, 28)), columns=[f"V{i}" for i in range(1, 29)])
    frame["V3"] += 2.5 * fraud
    frame["V14"] -= 2.5 * fraud
    frame.insert(0, "Time", np.sort(rng.integers(0, 172_800, 6_000)).astype(float))
    return frame.assign(Amount=np.round(rng.gamma(2, 40, 6_000), 2), Class=fraud)


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_the_simulated_set_comes_back_as_it_was(small_world, tmp_path, suffix):
    shuffled = small_world.sample(frac=1, random_state=0)
    found = load_public_data(written(shuffled, tmp_path / f"set{suffix}"))
    assert found.kind is Kind.PAYMENTS
    pd.testing.assert_frame_equal(found.frame, small_world, check_dtype=True)


def test_a_folder_of_days_is_one_set_and_text_is_read_as_numbers(small_world, tmp_path):
    for day, rows in small_world.groupby(c.TX_TIME_DAYS):
        # As published: some numbers are kept as text, and the scenario may be left out.
        rows = rows.astype({c.CUSTOMER_ID: str, c.TX_TIME_SECONDS: str})
        rows.drop(columns=c.TX_FRAUD_SCENARIO).to_parquet(tmp_path / f"2018-{day:03}.parquet")
    (tmp_path / "README.txt").write_text("Days.")
    found = load_public_data(tmp_path).frame
    pd.testing.assert_frame_equal(found, small_world.assign(TX_FRAUD_SCENARIO=0))


def test_learning_runs_on_the_simulated_set(tmp_path):
    data = load_public_data(written(payments(), tmp_path / "world.parquet"))
    training = TrainingConfig(start_day=42, k=20)
    material = material_of_public(data, training)
    found = learn(material, LEARNING, SMALL_TREES).model
    assert found.features == training.features.names
    assert found.scores(material.matrix(material.final.test)).max() > 0.5


def test_learning_and_its_table_run_on_the_anonymised_set(anonymised, tmp_path):
    source = written(anonymised, tmp_path / "creditcard.csv")
    few = replace(LEARNING, tuning=TuningConfig(trials=2, most_trees=20, bins=(63,)))
    run = learn_from_public(source, tmp_path / "out", few)
    material, examined = run.material, run.examined
    assert material.features == (*(f"V{i}" for i in range(1, 29)), c.TX_AMOUNT)
    exams = (*material.tuning, material.rehearsal, material.final)
    for exam in exams:
        assert exam.train[c.TX_TIME_SECONDS].max() < exam.test[c.TX_TIME_SECONDS].min()
    test = material.final.test
    assert test[c.TRANSACTION_ID].max() == len(anonymised) - 1
    assert examined.table.loc[CALIBRATED, AVERAGE_PRECISION] > 0.5
    # Each payment is its own card, so the k most suspicious payments of a day are counted.
    model = ScoringModel.load(tmp_path / "out" / "model")
    scores = model.scores(material.matrix(test))
    top = test.assign(score=scores).sort_values("score", ascending=False, kind="stable")
    expected = top.groupby(c.TX_TIME_DAYS)[c.TX_FRAUD].apply(lambda day: day.head(20).sum() / 20)
    assert examined.table.loc[CALIBRATED, PRECISION_AT_K] == pytest.approx(expected.mean())
    card = (tmp_path / "out" / "model_card.md").read_text()
    assert PAYMENT_PRECISION in card and "no label delay" in card
    assert f"second {test[c.TX_TIME_SECONDS].max()} |" in card
    assert len(pd.read_csv(tmp_path / "out" / "table.csv")) == len(examined.table)


def test_a_set_that_is_too_short_is_refused_in_words(small_world, tmp_path):
    path = written(small_world, tmp_path / "short.parquet")
    with pytest.raises(CourseError, match=r"short\.parquet cannot be learnt from.*day 115"):
        learn_from_public(path, tmp_path / "out")


def test_the_class_may_be_quoted(anonymised, tmp_path):
    quoted = anonymised.assign(Class="'" + anonymised["Class"].astype(str) + "'")
    found = load_public_data(written(quoted, tmp_path / "quoted.csv")).frame
    assert found[c.TX_FRAUD].tolist() == anonymised["Class"].tolist()


@pytest.mark.parametrize("name", ["day.pkl", "day.csv", "day.parquet"])
def test_pickles_are_refused_whatever_their_name(small_world, tmp_path, name):
    small_world.head(5).to_pickle(tmp_path / name, compression=None)
    with pytest.raises(CourseError, match="is a pickle: reading it would run"):
        load_public_data(tmp_path / name)
    with pytest.raises(CourseError, match="is a pickle"):
        load_public_data(tmp_path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({c.TX_AMOUNT: "much"}, "row 0: TX_AMOUNT is 'much'"),
        ({c.TX_FRAUD: 2}, "TX_FRAUD is 2, must be 0 or 1"),
        ({c.TRANSACTION_ID: 7}, "TRANSACTION_ID 7 is there twice"),
        ({c.TX_TIME_DAYS: 3}, "TX_TIME_DAYS does not follow"),
        ({c.TX_DATETIME: "noon"}, "TX_DATETIME is no column of times"),
        ({c.TERMINAL_ID: None}, "TERMINAL_ID is"),
    ],
)
def test_what_is_wrong_is_named(small_world, tmp_path, change, words):
    rows = small_world.head(20).assign(**change)
    with pytest.raises(CourseError, match=words):
        load_public_data(written(rows, tmp_path / "set.csv"))


def test_missing_columns_files_and_strange_files_are_named(small_world, tmp_path):
    few = written(small_world[[c.TX_AMOUNT]], tmp_path / "few.csv")
    with pytest.raises(CourseError, match=r"no column TRANSACTION_ID, TX_DATETIME.*V1 to V28"):
        load_public_data(few)
    with pytest.raises(CourseError, match="There is no"):
        load_public_data(tmp_path / "nothing.csv")
    (tmp_path / "sub").mkdir()
    with pytest.raises(CourseError, match="no data that can be read"):
        load_public_data(tmp_path / "sub")
    (tmp_path / "broken.parquet").write_text("no")
    with pytest.raises(CourseError, match="cannot be read as parquet"):
        load_public_data(tmp_path / "broken.parquet")
