"""One definition gives one answer, in pandas, in DuckDB, in Spark and by brute force."""

import re
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from window_samples import START, assert_answers, by_brute_force, every_aggregation, made_events

from infra.features.batch import window_features
from infra.features.definition import Aggregation, FeatureSet, WindowAggregate
from infra.features.errors import FeatureError
from infra.features.on_duckdb import duckdb_window_features
from infra.features.sql import Dialect, window_query

CONVENTIONS = [("left", 0.0), ("right", 0.0), ("left", 7.0), ("right", 7.0)]


@pytest.mark.parametrize(("closed", "delay"), CONVENTIONS)
def test_batch_equals_brute_force_and_duckdb_to_the_last_bit(closed: str, delay: float) -> None:
    features = every_aggregation(closed=closed, delay_days=delay)
    events = made_events(200, 4, 60)
    found = window_features(features, events)
    assert_answers(features, found, by_brute_force(features, events, events))
    assert found["count_7"].max() > 5 and found["count_1"].min() <= 1
    in_duckdb = duckdb_window_features(features, events)
    pd.testing.assert_frame_equal(found, in_duckdb, check_exact=True)


def test_rows_need_not_be_events() -> None:
    features = every_aggregation()
    events = made_events(300, 4, 40)
    at = pd.DataFrame(
        {"card": [0, 99, 3, 0], "at": START + pd.to_timedelta([20, 20, 0, 90], unit="D")},
        index=list("abcd"),
    )
    found = window_features(features, events, at)
    assert_answers(features, found, by_brute_force(features, events, at))
    assert found.loc["b", "count_30"] == 0 and found.loc["b", "mean_30"] == 0.5
    assert np.isnan(found.loc["b", "max_30"])
    pd.testing.assert_frame_equal(found, duckdb_window_features(features, events, at))


@pytest.mark.parametrize(("closed", "count"), [("left", [0, 0, 2, 1]), ("right", [2, 2, 1, 0])])
def test_the_ends_of_a_window_are_exact(closed: str, count: list[int]) -> None:
    hour, microsecond = pd.Timedelta(hours=1), pd.Timedelta(microseconds=1)
    times = [START, START, START + hour, START + hour + microsecond]
    events = pd.DataFrame({"event": range(4), "card": 1, "at": times})
    one = WindowAggregate("n", Aggregation.COUNT, timedelta(hours=1), closed=closed)
    features = FeatureSet("f", "card", "at", (one,), "event")
    at = (
        events
        if closed == "left"
        else pd.DataFrame(
            {"card": 1, "at": [*times[:2], START + hour, START + hour + hour + microsecond]}
        )
    )
    assert window_features(features, events, at)["n"].tolist() == count
    assert duckdb_window_features(features, events, at)["n"].tolist() == count


def test_sums_are_exact_where_floats_are_not() -> None:
    # Running sums of floats lose the cents beside the ten million that came before.
    events = pd.DataFrame(
        {
            "event": range(2001),
            "card": 1,
            "at": START + pd.to_timedelta(range(2001), unit="h"),
            "amount": [9_999_999.99] * 1000 + [0.1] * 1001,
        }
    )
    one = WindowAggregate("s", Aggregation.SUM, timedelta(hours=3), "amount", decimals=2)
    features = FeatureSet("f", "card", "at", (one,), "event")
    for found in (window_features(features, events), duckdb_window_features(features, events)):
        assert found["s"].iloc[-1] == 0.3
        assert found["s"].iloc[500] == 29_999_999.97


def test_duckdb_reads_files_and_the_order_of_rows_stays(tmp_path: Path) -> None:
    features = every_aggregation(windows_days=(7,))
    events = made_events(500, 8, 30).reset_index(drop=True)
    events.to_parquet(tmp_path / "events.parquet")
    found = duckdb_window_features(features, f"read_parquet('{tmp_path}/*.parquet')")
    pd.testing.assert_frame_equal(found, window_features(features, events))


def test_a_connection_of_ones_own_is_left_as_it_was() -> None:
    features = every_aggregation(windows_days=(7,))
    events = made_events(100, 3, 20).reset_index(drop=True)
    with closing(duckdb.connect()) as connection:
        connection.execute("CREATE TABLE feature_events AS SELECT * FROM events")
        found = duckdb_window_features(features, "feature_events", connection=connection)
        with pytest.raises(FeatureError, match="cannot compute spending"):
            duckdb_window_features(features, "nothing", connection=connection)
        left = connection.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal")
        assert left.fetchall() == []
    pd.testing.assert_frame_equal(found, window_features(features, events))


def test_times_with_a_zone_and_in_other_units_are_the_same_instants() -> None:
    features = every_aggregation(windows_days=(7,))
    events = made_events(200, 3, 30)
    due = window_features(features, events)
    aware = events.assign(at=events["at"].dt.tz_localize("UTC").dt.tz_convert("Asia/Kolkata"))
    coarse = events.assign(at=events["at"].astype("datetime64[s]"))
    for other in (aware, coarse):
        pd.testing.assert_frame_equal(window_features(features, other), due)
        pd.testing.assert_frame_equal(duckdb_window_features(features, other), due)


def test_no_events_and_no_rows() -> None:
    features = every_aggregation()
    events = made_events(10, 2, 5)
    nothing = window_features(features, events.iloc[:0], events)
    assert (nothing["count_30"] == 0).all() and nothing["min_30"].isna().all()
    assert window_features(features, events, events.iloc[:0]).empty
    assert duckdb_window_features(features, events, events.iloc[:0]).empty


def test_events_without_an_entity_count_for_nobody() -> None:
    features = every_aggregation(windows_days=(30,))
    events = made_events(100, 2, 5).astype({"card": "Int64"})
    lost = events.assign(card=events["card"].mask(events["card"] == 1))
    found = window_features(features, lost)
    assert (found.loc[lost["card"].isna(), "count_30"] == 0).all()
    assert found["count_30"].max() > 1
    pd.testing.assert_frame_equal(found, duckdb_window_features(features, lost))


def _spoiled(what: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    events = made_events(10, 2, 5).reset_index(drop=True)
    at = events
    match what:
        case "column":
            events = events.drop(columns="shop")
        case "text":
            events = events.assign(at=events["at"].astype(str))
        case "no time":
            events = events.assign(at=events["at"].mask(events.index == 3))
        case "nanoseconds":
            events = events.assign(at=events["at"] + pd.Timedelta(nanoseconds=1))
        case "no id":
            events = events.assign(event=events["event"].mask(events.index == 3))
        case "types":
            at = events.assign(card=events["card"].astype(str))
        case "infinite":
            events = events.assign(amount=np.inf)
        case "words":
            events = events.assign(amount="much")
    return events, at


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("column", "no column 'shop'"),
        ("text", "not times: convert it"),
        ("no time", "no time in 1 rows, first at index 3"),
        ("nanoseconds", "finer than a microsecond"),
        ("no id", "1 events have no 'event'"),
        ("types", "none would match"),
        ("infinite", "infinite ones"),
        ("words", "no number"),
    ],
)
def test_what_cannot_be_used_is_told(what: str, said: str) -> None:
    events, at = _spoiled(what)
    with pytest.raises(FeatureError, match=re.escape(said)):
        window_features(every_aggregation(), events, at)


@pytest.mark.parametrize("what", ["column", "no id", "infinite", "words"])
def test_duckdb_tells_what_it_cannot_use(what: str) -> None:
    with pytest.raises(FeatureError):
        duckdb_window_features(every_aggregation(), _spoiled(what)[0])


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a b"},
        {"window": timedelta(0)},
        {"delay": timedelta(-1)},
        {"value": None},
        {"decimals": 13},
        {"closed": "both"},
    ],
)
def test_a_definition_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    right = {"name": "s", "aggregation": Aggregation.SUM, "window": timedelta(1), "value": "amount"}
    WindowAggregate(**right)  # type: ignore[arg-type]
    with pytest.raises(FeatureError):
        WindowAggregate(**{**right, **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["n", "card", "at", "at_row"])
def test_a_name_is_given_once(name: str) -> None:
    one = WindowAggregate("n", Aggregation.COUNT, timedelta(1))
    other = WindowAggregate(name, Aggregation.COUNT, timedelta(1))
    with pytest.raises(FeatureError, match=f"'{name}' is taken"):
        FeatureSet("f", "card", "at", (one, other))


def test_a_feature_may_be_named_as_the_query_names_its_own_columns() -> None:
    events = made_events(100, 3, 20)
    aggregates = tuple(
        WindowAggregate(name, what, timedelta(days=7), "amount", decimals=2)
        for name, what in [
            ("event", Aggregation.COUNT),
            ("entity", Aggregation.SUM),
            ("micros", Aggregation.MAX),
            ("v0", Aggregation.MEAN),
            ("nth", Aggregation.MIN),
        ]
    )
    features = FeatureSet("f", "card", "at", aggregates, "event")
    found = duckdb_window_features(features, events)
    pd.testing.assert_frame_equal(found, window_features(features, events), check_exact=True)


def test_any_change_of_a_definition_changes_its_fingerprint() -> None:
    made = [every_aggregation(closed=closed, delay_days=delay) for closed, delay in CONVENTIONS]
    assert len({features.fingerprint for features in made}) == len(made)
    assert every_aggregation().fingerprint == made[0].fingerprint


def test_sparks_query_differs_from_duckdbs_in_words_alone() -> None:
    # Runs in any SQL that takes both: DuckDB's parser says whether the query is well formed.
    query = window_query(every_aggregation(windows_days=(7,)), Dialect.SPARK)
    parsed = duckdb.extract_statements(query.replace("`", '"').replace("STRING", "VARCHAR"))
    assert len(parsed) == 1 and "unix_micros" in query and "collect_set" in query
