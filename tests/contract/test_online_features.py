"""Features online: Redis serves what the definition gives, and a long stream equals the batch."""

import subprocess
import sys
import time
import uuid
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from feast import FeatureStore

from infra.features.backfill import BackfillConfig, backfill, rows_every
from infra.features.batch import window_features
from infra.features.consistency import consistency_of_served
from infra.features.definition import Aggregation, FeatureSet, WindowAggregate
from infra.features.feast_rendering import REDIS_VARIABLE, write_repository
from infra.features.feast_repository import (
    FeastConfig,
    apply_features,
    feature_references,
    redis_connection,
)
from infra.features.on_stream import Arrival, StreamConfig, WindowState
from infra.features.snapshot import restore_snapshot, take_snapshot
from infra.settings import Redis

pytestmark = pytest.mark.long

START = pd.Timestamp("2026-01-01", tz="UTC")
DAY = timedelta(days=1)
FEATURES = FeatureSet(
    "spending",
    "card",
    "at",
    (
        WindowAggregate("visits", Aggregation.COUNT, 7 * DAY),
        WindowAggregate("spent", Aggregation.SUM, 7 * DAY, "amount", decimals=2),
        WindowAggregate("dearest", Aggregation.MAX, DAY, "amount", decimals=2),
        WindowAggregate("shops", Aggregation.DISTINCT, 7 * DAY, "shop"),
        WindowAggregate("risk", Aggregation.MEAN, 7 * DAY, "label", 3 * DAY, "right", 0, 0.0),
    ),
    "event",
)


def made_events(rows: int, cards: int, days: int) -> pd.DataFrame:
    generator = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "event": [f"e{number}" for number in range(rows)],
            "card": generator.integers(0, cards, rows),
            "at": START + pd.to_timedelta(np.sort(generator.integers(0, days * 86_400, rows)), "s"),
            "amount": generator.gamma(2.0, 40.0, rows).round(2),
            "shop": generator.integers(0, 30, rows),
            "label": (generator.random(rows) < 0.05).astype(int),
        }
    )


@pytest.fixture(scope="module")
def events() -> pd.DataFrame:
    return made_events(3000, 40, 20)


@pytest.fixture(scope="module")
def rows(events: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Backfill a row a day for each card, into a folder of Parquet files."""

    def between(start: datetime, end: datetime) -> pd.DataFrame:
        return events[(events["at"] >= start) & (events["at"] < end)]

    folder = tmp_path_factory.mktemp("backfill")
    every_day = rows_every(FEATURES, between, DAY, seen_within=7 * DAY)
    config = BackfillConfig(folder, START, START + 20 * DAY, 5 * DAY)
    backfill(FEATURES, config, between, every_day)
    return folder


def served(store: FeatureStore, events: pd.DataFrame) -> pd.DataFrame:
    """Ask for every card, as of the last materialised day."""
    cards = sorted(events["card"].unique().tolist())
    answer = store.get_online_features(
        features=feature_references(FEATURES), entity_rows=[{"card": card} for card in cards]
    ).to_df()
    return answer.assign(at=START + 19 * DAY)


def test_redis_serves_what_the_definition_gives(
    redis: Redis, events: pd.DataFrame, rows: Path, tmp_path: Path
) -> None:
    project = f"contract_{uuid.uuid4().hex[:8]}"
    config = FeastConfig(project, tmp_path, rows, ttl=30 * DAY, redis=redis)
    store = apply_features(FEATURES, config)
    try:
        store.materialize(START, START + 10 * DAY)
        early = consistency_of_served(FEATURES, events, served(store, events))
        assert not early.is_consistent, "ten days old, and the report does not see it"
        store.materialize_incremental(START + 20 * DAY)
        report = consistency_of_served(FEATURES, events, served(store, events))
        assert report.is_consistent and report.served == 40
    finally:
        store.teardown()


def test_feasts_own_command_applies_the_rendered_repository(
    redis: Redis,
    events: pd.DataFrame,
    rows: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = f"contract_{uuid.uuid4().hex[:8]}"
    config = FeastConfig(project, tmp_path / "state", rows, ttl=30 * DAY, redis=redis)
    write_repository(FEATURES, config, tmp_path / "repository")
    monkeypatch.setenv(REDIS_VARIABLE, redis_connection(redis))
    command = [str(Path(sys.executable).parent / "feast"), "-c", str(tmp_path / "repository")]
    done = subprocess.run([*command, "apply"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    store = FeatureStore(repo_path=str(tmp_path / "repository"))
    try:
        store.materialize(START, START + 20 * DAY)
        assert consistency_of_served(FEATURES, events, served(store, events)).is_consistent
    finally:
        store.teardown()


def test_a_long_stream_in_disorder_equals_the_batch() -> None:
    """Thirty thousand events, up to six hours late, one in ten twice, the state restored often."""
    lateness = timedelta(hours=6)
    events = made_events(30_000, 300, 30)
    generator = np.random.default_rng(1)
    sent = pd.concat([events, events.sample(frac=0.1, random_state=1)], ignore_index=True)
    held = pd.to_timedelta(generator.random(len(sent)) * lateness.total_seconds(), "s")
    last = events.iloc[[-1]].assign(event="last", card=-1, at=START + 60 * DAY)
    coming = pd.concat([sent.iloc[np.argsort(sent["at"] + held)], last]).to_dict("records")
    asked = events.sample(2000, random_state=2)
    state = WindowState(FEATURES, StreamConfig(lateness))
    for index, row in zip(asked.index, asked.itertuples(), strict=True):
        state.ask(str(index), row.card, row.at)
    found, busy, largest = {}, 0.0, 0
    for first in range(0, len(coming), 5000):
        begun = time.perf_counter()
        for event in coming[first : first + 5000]:
            state.add(event)
            found |= {int(answer.question): answer.features for answer in state.settled()}
        busy += time.perf_counter() - begun
        snapshot = take_snapshot(state)
        largest = max(largest, len(snapshot))
        state = restore_snapshot(FEATURES, snapshot)
    streamed = pd.DataFrame([found[i] for i in asked.index], asked.index, list(FEATURES.names))
    due = window_features(FEATURES, events, asked)
    pd.testing.assert_frame_equal(streamed.astype(float), due.astype(float), check_exact=True)
    assert state.arrivals[Arrival.LATE] == 0 and state.arrivals[Arrival.DUPLICATE] == 3000
    print(f"{len(coming) / busy:,.0f} events/s; largest snapshot {largest / 1e6:.2f} MB")
