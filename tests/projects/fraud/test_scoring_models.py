"""A live model is swapped warm, and a batch has the very scores of the stream."""

import threading
import time
from dataclasses import replace

import duckdb
import numpy as np
import pandas as pd
import pytest
from payment_streams import labels_of, payments_of
from scoring_samples import LabelsInMemory, PaymentsInMemory, small_model
from typer.testing import CliRunner

from autograder.errors import CourseError
from projects.fraud import columns as c
from projects.fraud.scoring.__main__ import app
from projects.fraud.scoring.batch_scorer import SCORE, BatchConfig, score_parquet
from projects.fraud.scoring.deciding import decide
from projects.fraud.scoring.models import ModelFolders, WatchedModels, point_at
from projects.fraud.scoring.partition_state import PartitionState
from projects.fraud.simulation import simulate
from projects.fraud.windows.online import OnlineConfig


@pytest.fixture(scope="module")
def world(small_config):
    return simulate(replace(small_config, customers=25, terminals=50, radius=18, days=20), 4)


@pytest.fixture(scope="module")
def model(world):
    return small_model(world)


def test_a_batch_over_parquet_has_the_scores_of_the_stream(world, model, tmp_path):
    for name, part in (("a", world.iloc[::2]), ("b", world.iloc[1::2])):
        part.to_parquet(tmp_path / f"payments-{name}.parquet", index=False)
    target = tmp_path / "made" / "scores.parquet"
    told = score_parquet(tmp_path / "payments-*.parquet", target, model, BatchConfig(rows=100))
    found = duckdb.sql(f"select * from '{target}'").df().set_index(c.TRANSACTION_ID)
    assert told.payments == len(world) == len(found) and told.alerts == found["ALERT"].sum() > 5
    assert [path.name for path in target.parent.iterdir()] == ["scores.parquet"]
    payments, labels = payments_of(world), LabelsInMemory.of(labels_of(world))
    assert len(PaymentsInMemory.of(payments, 1).partitions[0]) == len(world)
    state = PartitionState.new(OnlineConfig())
    rows = [state.take(payment, place, labels) for place, payment in enumerate(payments)]
    decided = decide(model, payments, rows, state.windows.names, reasons=0)
    streamed = pd.Series({one.transaction_id: one.score for one in decided})
    ties = world.duplicated([c.CUSTOMER_ID, c.TX_DATETIME], keep="last").to_numpy()
    np.testing.assert_array_equal(found.loc[streamed.index, SCORE][~ties], streamed[~ties])


def test_what_is_no_payments_file_is_said(world, model, tmp_path):
    with pytest.raises(CourseError, match="cannot be read as payments"):
        score_parquet(tmp_path / "none.parquet", tmp_path / "out", model)
    world.drop(columns=c.TX_AMOUNT).to_parquet(tmp_path / "less.parquet")
    model.save(tmp_path / "model")
    words = ["batch", str(tmp_path / "less.parquet"), str(tmp_path / "out"), "--model"]
    told = CliRunner().invoke(app, [*words, str(tmp_path / "model")])
    assert told.exit_code == 2 and c.TX_AMOUNT in told.output
    assert "Traceback" not in told.output


def test_a_model_that_asks_for_more_than_the_windows_compute_is_refused(world, model):
    payment = payments_of(world)[0]
    wide = replace(model, features=(*model.features[1:], "COUNTRY"))
    with pytest.raises(ValueError, match="COUNTRY"):
        decide(wide, [payment], [np.zeros(15)], model.features)
    assert decide(wide, [], [], model.features) == []


def test_a_swap_waits_for_the_new_model_and_failures_change_nothing(model, tmp_path):
    for version in ("one", "two"):
        model.renamed(version).save(tmp_path / version)
    with pytest.raises(CourseError, match="LIVE"), WatchedModels(ModelFolders(tmp_path)):
        pass
    point_at(tmp_path, "one")
    may_load = threading.Event()
    folders = ModelFolders(tmp_path)

    def slow():
        name, load = folders()
        return name, lambda: (name == "one" or may_load.wait(20)) and load()

    with WatchedModels(slow, seconds=0.01) as models:
        assert models.current().version == "one"
        point_at(tmp_path, "two")
        time.sleep(0.1)
        assert models.current().version == "one"
        may_load.set()
        _until(lambda: models.current().version == "two")
        point_at(tmp_path, "none")
        _until(lambda: models.failures > 1)
        assert models.current().version == "two" and models.swaps == 1


def _until(is_so):
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)
