"""The definitions work in Feast for real: Parquet offline, SQLite online."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from pydantic import SecretStr
from window_samples import START, every_aggregation, made_events

from infra.features.backfill import BackfillConfig, backfill, rows_every
from infra.features.batch import window_features
from infra.features.errors import FeatureError
from infra.features.feast_rendering import rendered_repository
from infra.features.feast_repository import (
    FeastConfig,
    apply_features,
    feature_references,
    historical_features,
    redis_connection,
    write_online,
)
from infra.features.on_stream import StreamConfig, WindowState
from infra.features.point_in_time import PointInTime, point_in_time_join
from infra.settings import Redis

FEATURES = every_aggregation(windows_days=(1, 7))
DAYS = timedelta(days=1)
END = START + 20 * DAYS


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    made = made_events(500, 5, 20).drop_duplicates("event")
    return made.assign(at=made["at"].dt.tz_localize("UTC"))


@pytest.fixture(scope="module")
def config(events: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> FeastConfig:
    folder = tmp_path_factory.mktemp("feast")

    def between(start: datetime, end: datetime) -> pd.DataFrame:
        return events[(events["at"] >= start) & (events["at"] < end)]

    rows = rows_every(FEATURES, between, DAYS, seen_within=7 * DAYS)
    backfill(FEATURES, BackfillConfig(folder / "rows", START, END, 7 * DAYS), between, rows)
    return FeastConfig("spending", folder / "store", folder / "rows", ttl=3 * DAYS)


def test_what_feast_serves_is_what_the_definition_gives(
    config: FeastConfig, events: pd.DataFrame
) -> None:
    store = apply_features(FEATURES, config)
    # Feast shows progress only for times that are aware.
    store.materialize(START.tz_localize("UTC"), END.tz_localize("UTC"))
    cards = sorted(events["card"].unique())
    answer = store.get_online_features(
        features=feature_references(FEATURES), entity_rows=[{"card": int(c)} for c in cards]
    ).to_df()
    last = START.tz_localize("UTC") + 19 * DAYS
    due = window_features(FEATURES, events, pd.DataFrame({"card": cards, "at": last}))
    found = answer.set_index("card").loc[cards, list(FEATURES.names)].reset_index(drop=True)
    pd.testing.assert_frame_equal(found.astype(float), due.astype(float))
    assert due["count_7"].sum() > 0


def test_what_a_stream_computed_is_served_at_once(
    config: FeastConfig, events: pd.DataFrame, tmp_path: Path
) -> None:
    store = apply_features(FEATURES, replace(config, folder=tmp_path))
    store.materialize(START.tz_localize("UTC"), END.tz_localize("UTC"))
    state = WindowState(FEATURES, StreamConfig(timedelta(hours=1)))
    for event in events.sort_values("at").to_dict("records"):
        state.add(event)
    now = END.tz_localize("UTC") + timedelta(hours=5)
    rows = pd.DataFrame([{"card": 3, "at": now, **state.features_at(3, now)}])
    write_online(store, FEATURES, rows)
    write_online(store, FEATURES, rows.iloc[:0])
    answer = store.get_online_features(
        features=feature_references(FEATURES), entity_rows=[{"card": 3}]
    ).to_df()
    due = window_features(FEATURES, events, rows[["card", "at"]])
    found = answer[list(FEATURES.names)]
    pd.testing.assert_frame_equal(found.astype(float), due.astype(float))
    with pytest.raises(FeatureError, match="no column 'sum_7'"):
        write_online(store, FEATURES, rows.drop(columns="sum_7"))


def test_feasts_historical_join_is_ours(config: FeastConfig, events: pd.DataFrame) -> None:
    store = apply_features(FEATURES, config)
    asked = events[["card", "at"]].sample(60, random_state=1).reset_index(drop=True)
    stale = pd.DataFrame({"card": [1], "at": [END.tz_localize("UTC") + 9 * DAYS]})
    asked = pd.concat([asked, stale], ignore_index=True)
    found = historical_features(store, FEATURES, asked)
    rows = pd.read_parquet(config.rows).rename(columns={"at": "of"})
    joined = point_in_time_join(
        asked, rows, list(FEATURES.names), PointInTime(("card",), "at", "of", ttl=config.ttl)
    )
    names = list(FEATURES.names)
    pd.testing.assert_frame_equal(found.astype(float), joined[names].astype(float))
    before_anything = asked["at"] < START.tz_localize("UTC") + DAYS
    assert found.loc[before_anything, "count_7"].isna().all() and before_anything.any()
    assert found["count_7"].notna().sum() > 40 and np.isnan(found["count_7"].iloc[-1])


def test_the_rendered_repository_holds_no_secret_and_is_python(config: FeastConfig) -> None:
    redis = Redis(host="cache", password=SecretStr("hush"), tls=True)
    told = FeastConfig("p", config.folder, config.rows, DAYS, "text", redis)
    files = rendered_repository(FEATURES, told)
    assert "hush" not in "".join(files.values())
    online = yaml.safe_load(files["feature_store.yaml"])["online_store"]
    assert online == {"type": "redis", "connection_string": "${LAB_FEAST_REDIS}"}
    made: dict[str, object] = {}
    exec(files["definitions.py"], made)
    view = made["view"]
    assert [field.name for field in view.features] == list(FEATURES.names)  # type: ignore[attr-defined]


def test_the_connection_says_everything_or_refuses() -> None:
    redis = Redis(host="cache", port=6380, database=2, password=SecretStr("hush"), tls=True)
    assert redis_connection(redis) == "cache:6380,db=2,password=hush,ssl=true"
    with pytest.raises(FeatureError, match="password with a comma"):
        redis_connection(Redis(host="cache", password=SecretStr("a,b")))
