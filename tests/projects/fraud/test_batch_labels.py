"""A batch of today's payments has no labels: risks count what is known, and nothing else."""

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
from projects.fraud.scoring.batch_scorer import SCORE, score_parquet
from projects.fraud.scoring.deciding import decide
from projects.fraud.scoring.partition_state import PartitionState
from projects.fraud.simulation import simulate
from projects.fraud.windows.online import OnlineConfig

UNLABELLED = [c.TRANSACTION_ID, c.TX_DATETIME, c.CUSTOMER_ID, c.TERMINAL_ID, c.TX_AMOUNT]
LABELS = [c.TRANSACTION_ID, c.TX_DATETIME, c.TERMINAL_ID, c.TX_FRAUD]
LATE = pd.Timedelta(days=12)


@pytest.fixture(scope="module")
def world(small_config):
    made = simulate(replace(small_config, customers=25, terminals=50, radius=18, days=20), 4)
    # Two payments of a card in one second have an order on the stream alone.
    return made[~made.duplicated([c.CUSTOMER_ID, c.TX_DATETIME], keep=False)]


@pytest.fixture(scope="module")
def model(world):
    return small_model(world)


@pytest.fixture
def scored(model, tmp_path):
    def score(source, labels=None):
        if isinstance(source, pd.DataFrame):
            source.to_parquet(tmp_path / "payments.parquet", index=False)
            source = tmp_path / "payments.parquet"
        if labels is not None:
            labels.to_parquet(tmp_path / "labels.parquet", index=False)
            labels = tmp_path / "labels.parquet"
        score_parquet(source, tmp_path / "scores.parquet", model, labels=labels)
        found = duckdb.sql(f"select * from '{tmp_path / 'scores.parquet'}'").df()
        return found.set_index(c.TRANSACTION_ID)[SCORE]

    return score


def streamed(world, model, labels):
    payments, log = payments_of(world), LabelsInMemory.of(labels)
    assert len(PaymentsInMemory.of(payments, 1).partitions[0]) == len(world)
    state = PartitionState.new(OnlineConfig())
    rows = [state.take(payment, place, log) for place, payment in enumerate(payments)]
    decided = decide(model, payments, rows, state.windows.names, reasons=0)
    return pd.Series({one.transaction_id: one.score for one in decided})


def same(found, wanted):
    pd.testing.assert_series_equal(found, wanted, check_names=False)


def test_todays_payments_need_no_label_column(world, scored, tmp_path):
    last = world[c.TX_TIME_DAYS].max()
    is_today = world[c.TX_TIME_DAYS] == last
    world[~is_today].to_parquet(tmp_path / "payments-past.parquet", index=False)
    world.loc[is_today, UNLABELLED].to_parquet(tmp_path / "payments-today.parquet", index=False)
    # What happened within the label delay is not known yet, so whole labels give the same.
    same(scored(tmp_path / "payments-*.parquet"), scored(world))


def test_risks_count_only_the_labels_that_are_known(world, model, scored):
    is_known = np.random.default_rng(3).random(len(world)) < 0.5
    some = scored(world.assign(TX_FRAUD=world[c.TX_FRAUD].where(is_known)))
    same(some, streamed(world, model, labels_of(world[is_known])))
    assert not some.equals(scored(world))
    # A file of labels says the same, and alone counts where both are given.
    same(scored(world[UNLABELLED], world.loc[is_known, LABELS]), some)
    same(scored(world, world.loc[is_known, LABELS]), some)
    none = scored(world[UNLABELLED])
    same(none, streamed(world, model, []))
    assert not none.equals(some)


def test_a_label_known_late_counts_from_then_on_and_the_first_of_two_counts(world, model, scored):
    late = world[LABELS].assign(KNOWN_AT=world[c.TX_DATETIME] + LATE)
    found = scored(world[UNLABELLED], late)
    same(found, streamed(world, model, labels_of(world, LATE)))
    assert not found.equals(scored(world))
    instants = late.assign(KNOWN_AT=late["KNOWN_AT"].dt.tz_localize("UTC"))
    corrected = late.assign(
        TX_FRAUD=1 - late[c.TX_FRAUD], KNOWN_AT=late["KNOWN_AT"] + pd.Timedelta(days=1)
    )
    same(scored(world[UNLABELLED], pd.concat([corrected, late])), found)
    same(scored(world[UNLABELLED], instants), found)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"TX_FRAUD": 2}, "must be 0 or 1"),
        ({"TX_AMOUNT": None}, "TX_AMOUNT is empty"),
        ({"TX_DATETIME": "2018-04-01 00:00:31"}, "must be one of times"),
    ],
)
def test_what_cannot_be_read_as_payments_is_said(world, scored, wrong, said):
    with pytest.raises(CourseError, match=said):
        scored(world.assign(**wrong))


def test_a_file_that_is_no_labels_is_said(world, scored):
    with pytest.raises(CourseError, match="cannot be read as labels"):
        scored(world[UNLABELLED], world[UNLABELLED])


def test_the_command_takes_labels_and_its_help_says_how(world, model, tmp_path):
    shown = CliRunner().invoke(app, ["batch", "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert all(word in shown.output for word in ("--labels", "KNOWN_AT", "TX_FRAUD", "Example"))
    world[UNLABELLED].to_parquet(tmp_path / "payments.parquet", index=False)
    world[LABELS].to_parquet(tmp_path / "labels.parquet", index=False)
    model.save(tmp_path / "model")
    words = ["batch", tmp_path / "payments.parquet", tmp_path / "out.parquet"]
    words += ["--model", tmp_path / "model", "--labels", tmp_path / "labels.parquet"]
    told = CliRunner().invoke(app, list(map(str, words)))
    assert told.exit_code == 0 and f'"payments": {len(world)}' in told.output
    found = duckdb.sql(f"select * from '{tmp_path / 'out.parquet'}'").df()
    wanted = streamed(world, model, labels_of(world))
    np.testing.assert_array_equal(found[SCORE], wanted.loc[found[c.TRANSACTION_ID]])
